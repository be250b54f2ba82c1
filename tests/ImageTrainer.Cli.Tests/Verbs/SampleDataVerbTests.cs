namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class SampleDataVerbTests
{
    [TestMethod]
    public void SampleData_NewFolder_DrawsImagesOfEachClass()
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "sample-data", "some surfaces", "--per-class", "2");

        string[] folders = Directory.GetDirectories(folder.Combine("some surfaces"));
        string[] classes = [.. folders.Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Output);
        CollectionAssert.AreEqual(new[] { "crack", "dent", "ok", "scratch", "stain" }, classes);
        Assert.AreEqual(10, Directory.GetFiles(folder.Combine("some surfaces"), "*.jpg", SearchOption.AllDirectories).Length);
        StringAssert.Matches(result.Error, new System.Text.RegularExpressions.Regex("Train on them: .* train ['\"]some surfaces['\"]"));
    }

    [TestMethod]
    public void SampleData_PlaceThatCannotBeWritten_Ends2()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "x");

        CliResult result = Cli.Run(folder.Path, "sample-data", "file/surfaces");

        Assert.AreEqual(2, result.ExitCode);
        StringAssert.StartsWith(result.Error, "The folder 'file/surfaces' cannot be written to (");
        StringAssert.Contains(result.Error, "name another place.");
    }

    [TestMethod]
    public void SampleData_FolderWithFiles_IsRefused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("full/file", "x");

        CliResult result = Cli.Run(folder.Path, "sample-data", "full");

        Assert.AreEqual(2, result.ExitCode);
        StringAssert.StartsWith(result.Error, "'full' exists and is not empty");
    }
}
