using System.IO.Compression;
using ImageTrainer.Models;
using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class InspectModelVerbTests
{
    [TestMethod]
    public void Inspect_ModelOfARun_PrintsChainLabelsAndManifest()
    {
        CliResult result = Cli.Run(TrainedModel.Folder, "inspect-model", TrainedModel.Model);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Error);
        StringAssert.Contains(result.OutputLines[0], "that ML.NET reads too; all its hashes agree");
        CollectionAssert.Contains(result.OutputLines, "  ResizeImages      Image -> Image: 64 x 64, IsoCrop");
        CollectionAssert.Contains(result.OutputLines, "  MapKeyToValue     PredictedLabel -> PredictedLabel");
        CollectionAssert.Contains(result.OutputLines, "  ImagePath: Text");
        CollectionAssert.Contains(result.OutputLines, "Labels (3)");
        CollectionAssert.Contains(result.OutputLines, "  across");
        StringAssert.Contains(result.Output, "\"formatVersion\": 1");
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public void Inspect_ModelOfMLNet_PrintsChainAndSaysThatItIsNotOurs()
    {
        string model = TestData.Path("mlnet-zips", "LbfgsMaximumEntropy.zip");

        CliResult result = Cli.Run(AppContext.BaseDirectory, "inspect-model", model);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.OutputLines[0], "a model of ML.NET, written by 6.0.0-dev");
        CollectionAssert.Contains(result.OutputLines, "  MapValueToKey     Label -> Label: 3 values");
        CollectionAssert.Contains(result.OutputLines, "  bird");
        Assert.IsFalse(result.Output.Contains("Manifest", StringComparison.Ordinal));
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public void Predict_ModelOfMLNet_IsBadData()
    {
        string model = TestData.Path("mlnet-zips", "py_head.zip");

        CliResult result = Cli.Run(AppContext.BaseDirectory, "predict", model, "x.jpg");

        Assert.AreEqual(3, result.ExitCode);
        StringAssert.Contains(result.Error, "was not made by ImageTrainer");
    }

    [TestMethod]
    public void Inspect_StepWhoseNameSteersTheTerminal_ShowsItsCharacters()
    {
        using var folder = new TemporaryFolder();
        using (ZipArchive zip = ZipFile.Open(folder.Combine("model.zip"), ZipArchiveMode.Create))
        {
            AddStep(zip, "", new ModelKey(TransformerChain.KnownIdentity, Words(1, 7), []));
            AddStep(zip, "Transform_000/", new ModelKey(new ComponentIdentity("EVIL", "\u001b[31mred\r", "X", 1, 1), Words(), []));
        }

        CliResult result = Cli.Run(folder.Path, "inspect-model", "model.zip");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.IsFalse(result.Output.Contains('\u001b', StringComparison.Ordinal));
        StringAssert.Contains(result.Output, @"  \u001b[31mred\u000d  of X");
    }

    [TestMethod]
    public void Inspect_ManifestWhoseVersionSteersTheTerminal_ShowsItsCharacters()
    {
        using var folder = new TemporaryFolder();
        ModelManifest manifest = TinyModel.Manifest(TinyModel.Labels, TinyModel.ImageSize) with { LibraryVersion = "9\u001b[31m" };
        folder.Write("model.zip", TinyModel.Pack(manifest, TinyModel.Network));

        CliResult result = Cli.Run(folder.Path, "inspect-model", "model.zip");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.IsFalse(result.Output.Contains('\u001b', StringComparison.Ordinal));
        StringAssert.Contains(result.OutputLines[0], @"a model of ImageTrainer 9\u001b[31m");
    }

    [TestMethod]
    [DataRow("a text", "it is not a zip file")]
    [DataRow(null, "there is no such file")]
    public void Inspect_NoZip_IsBadData(string? content, string reason)
    {
        using var folder = new TemporaryFolder();
        if (content is not null) folder.Write("model.zip", content);

        CliResult result = Cli.Run(folder.Path, "inspect-model", "model.zip");

        Assert.AreEqual(3, result.ExitCode);
        Assert.AreEqual("", result.Output);
        StringAssert.Contains(result.Error, reason);
    }

    private static void AddStep(ZipArchive zip, string folder, ModelKey key)
    {
        using Stream entry = zip.CreateEntry($"{TransformerChain.Folder}/{folder}{ModelKey.FileName}").Open();
        entry.Write(key.ToBytes());
    }

    private static byte[] Words(params int[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
