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
}
