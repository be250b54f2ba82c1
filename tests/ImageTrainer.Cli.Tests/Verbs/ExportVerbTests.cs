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
    public void Export_OverTheModelItself_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string model = folder.Combine("model.zip");
        File.Copy(TrainedModel.Model, model);

        CliResult result = Cli.Run(folder.Path, "export", "model.zip", "--format", "onnx", "--output", model);

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

    [TestMethod]
    public void Export_PlaceThatCannotBeWritten_IsAMistakeOfUsageThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "");

        CliResult toFolder = Export(folder.Path);
        CliResult belowFile = Export(folder.Combine("file", "x.onnx"));

        Assert.AreEqual(2, toFolder.ExitCode, toFolder.Error);
        Assert.AreEqual($"'{folder.Path}' is a folder; name a file with --output.", toFolder.Error.Trim());
        Assert.AreEqual(2, belowFile.ExitCode, belowFile.Error);
        StringAssert.StartsWith(belowFile.Error, $"'{folder.Combine("file", "x.onnx")}' cannot be written to (");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Export_PlaceThatTakesNoFiles_IsRefusedWithoutNamingATemporaryOne()
    {
        CliResult result = Export("/proc/x.onnx");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        Assert.AreEqual("'/proc/x.onnx' cannot be written to (no file can be made there); name another place with --output.", result.Error.Trim());
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Export_LinkToAPipe_IsRefusedAndBothAreKept()
    {
        using var folder = new TemporaryFolder();
        using (var makePipe = System.Diagnostics.Process.Start("mkfifo", [folder.Combine("pipe")])) makePipe.WaitForExit();
        string link = folder.Combine("link.onnx");
        File.CreateSymbolicLink(link, "pipe");

        CliResult result = Export(link);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        Assert.AreEqual($"'{link}' is a pipe, and no file can take its place; name another place with --output.", result.Error.Trim());
        Assert.AreEqual("pipe", new FileInfo(link).LinkTarget);
    }

    [TestMethod]
    public void Export_LinkToTheModel_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.Copy(TrainedModel.Model, folder.Combine("model.zip"));
        File.CreateSymbolicLink(folder.Combine("link"), "model.zip");

        CliResult result = Cli.Run(folder.Path, "export", "model.zip", "--format", "onnx", "--output", "link");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        Assert.AreEqual(new FileInfo(TrainedModel.Model).Length, new FileInfo(folder.Combine("model.zip")).Length);
    }

    private static CliResult Export(string output) =>
        Cli.Run(TrainedModel.Folder, "export", TrainedModel.Model, "--format", "onnx", "--output", output);
}
