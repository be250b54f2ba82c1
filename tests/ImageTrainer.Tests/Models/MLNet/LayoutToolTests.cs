using System.ComponentModel;
using System.Diagnostics;
using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models.MLNet;

/// <summary>Holds our zips against a reader of the layout that nobody here wrote: mlzip.py, beside the folder of test data.</summary>
[TestClass]
[TestCategory(TestData.Category)]
public class LayoutToolTests
{
    [TestMethod]
    [DataRow(2)]
    [DataRow(10)]
    [DataRow(1000)]
    public void Dump_NastyLabels_IsReadWhole(int count)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.zip", TinyModel.Pack(TinyModel.Manifest(NastyLabels.Take(count), imageSize: 64), new byte[1000]));

        string dump = Dump(path);

        Assert.Contains("TransformerChain/Transform_003/OnnxModel | int32 len 1000 of 1004", dump);
        Assert.Contains($"('KeyValues', 'VBuffer', '08546578745370616e0001000000{Hex(count)}', 0, 256,", dump);
        Assert.Contains($"('LogScore', 'VBuffer', '0653696e676c65000200000001000000{Hex(count)}', 'comp', 0", dump);
        Assert.Contains("{'feature': 'LogScore', 'label': 'Label', 'score': 'Score', 'predicted': 'PredictedLabel'}", dump);
        Assert.Contains("TransformerChain/Model.key | sig 'XF CHAIN' ver 10001/10001 loader TransformerChain", dump);
        CollectionAssert.AreEqual(NastyLabels.Take(count), ModelInspection.Read(path).MLNet!.Chain.Labels!.ToArray());
    }

    private static string Hex(int value) => Convert.ToHexStringLower(BitConverter.GetBytes(value));

    private static string Dump(string path)
    {
        string tool = Path.Combine(TestData.Path(), "..", "tools", "mlzip.py");
        if (!File.Exists(tool)) Assert.Inconclusive($"There is no {tool}.");
        using Process process = Start(new ProcessStartInfo("python3", [tool, "dump", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            Environment = { ["PYTHONIOENCODING"] = "utf-8" },
        });
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, error.Result);
        return output;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new AssertInconclusiveException("There is no python3.", exception);
        }
    }
}
