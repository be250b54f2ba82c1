using System.IO.Compression;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class ExportVerbTests
{
    [TestMethod]
    public void Export_Labels_GoToStandardOutputInTheOrderOfScore()
    {
        CliResult result = Cli.Run(TrainedModel.Folder, "export", TrainedModel.Model, "--format", "labels");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        CollectionAssert.AreEqual(Directory.GetDirectories(TrainedModel.Dataset).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray(), result.OutputLines);
        Assert.AreEqual("", result.Error);
    }

    [TestMethod]
    public void Export_OnnxWithoutOutput_StandsBesideTheModel()
    {
        using var folder = new TemporaryFolder();
        File.Copy(TrainedModel.Model, folder.Combine("model.zip"));

        CliResult result = Cli.Run(folder.Path, "export", "model.zip", "--format", "onnx");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Output);
        StringAssert.Contains(result.Error, "Wrote model.onnx");
        CollectionAssert.AreEquivalent(new[] { "model.zip", "model.onnx" }, Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Export_MLNet_LeavesOursOut()
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "export", TrainedModel.Model, "--format", "mlnet", "--output", "plain.zip");
        CliResult inspection = Cli.Run(folder.Path, "inspect-model", "plain.zip");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using ZipArchive zip = ZipFile.OpenRead(folder.Combine("plain.zip"));
        Assert.IsFalse(zip.Entries.Any(entry => entry.FullName.StartsWith("ImageTrainer", StringComparison.Ordinal)));
        StringAssert.Contains(inspection.Output, "not ImageTrainer's");
    }

    [TestMethod]
    public void Export_OverTheModelItself_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string model = folder.Combine("model.zip");
        File.Copy(TrainedModel.Model, model);

        CliResult result = Cli.Run(folder.Path, "export", "model.zip", "--format", "mlnet", "--output", model);

        Assert.AreEqual(2, result.ExitCode);
        Assert.IsTrue(File.ReadAllBytes(TrainedModel.Model).SequenceEqual(File.ReadAllBytes(model)));
    }

    [TestMethod]
    public void Export_UnknownFormat_IsAMistakeOfUsage()
    {
        CliResult result = Cli.Run(AppContext.BaseDirectory, "export", "model.zip", "--format", "pdf");

        Assert.AreEqual(2, result.ExitCode);
        StringAssert.Contains(result.Error, "'pdf'");
    }

    [TestMethod]
    public void Export_MissingModel_IsBadData()
    {
        CliResult result = Cli.Run(AppContext.BaseDirectory, "export", "no-such.zip", "--format", "labels");

        Assert.AreEqual(3, result.ExitCode);
        StringAssert.Contains(result.Error, "there is no such file");
    }
}
