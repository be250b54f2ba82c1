using System.IO.Compression;
using ImageTrainer.Models;

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
        StringAssert.Contains(result.OutputLines[0], "that ML.NET reads too; all its checksums agree");
        CollectionAssert.Contains(result.OutputLines, "  ImageScalerTransform");
        CollectionAssert.Contains(result.OutputLines, "  KeyToValueTransform");
        CollectionAssert.Contains(result.OutputLines, "Labels (3)");
        CollectionAssert.Contains(result.OutputLines, "  across");
        StringAssert.Contains(result.Output, "\"formatVersion\": 2");
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public void Inspect_ModelOfMLNet_PrintsChainAndSaysThatItIsNotOurs()
    {
        string model = TestData.Path("mlnet-zips", "LbfgsMaximumEntropy.zip");

        CliResult result = Cli.Run(AppContext.BaseDirectory, "inspect-model", model);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.OutputLines[0], "a model of ML.NET; not ImageTrainer's");
        CollectionAssert.Contains(result.OutputLines, "  TermTransform");
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
            AddStep(zip, "", "TransformerChain");
            AddStep(zip, "Transform_000/", "\u001b[31mred\r");
        }

        CliResult result = Cli.Run(folder.Path, "inspect-model", "model.zip");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.IsFalse(result.Output.Contains('\u001b', StringComparison.Ordinal));
        StringAssert.Contains(result.Output, @"  \u001b[31mred\u000d");
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

    private static void AddStep(ZipArchive zip, string folder, string loader)
    {
        byte[] key = new byte[0x100];
        System.Text.Encoding.ASCII.GetBytes(loader).CopyTo(key, 0x50);
        using Stream entry = zip.CreateEntry($"TransformerChain/{folder}Model.key").Open();
        entry.Write(key);
    }
}
