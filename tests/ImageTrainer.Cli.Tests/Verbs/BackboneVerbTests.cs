using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class BackboneVerbTests
{
    [TestMethod]
    public void List_EmptyCache_SaysWhereEachIs()
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "backbone", "list");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Matches(result.Output, new Regex(@"\| resnet50 +\| \d+ +\| .* \| not here: would be downloaded"));
        StringAssert.Matches(result.Output, new Regex(@"\| resnet18-mlnet +\| 64 +\| MIT"));
        Assert.IsTrue(result.OutputLines.All(line => line.Length <= 120));
    }

    [TestMethod]
    public void Pull_Offline_SaysWhichFileToPutWhere()
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "backbone", "pull", "resnet34");

        Assert.AreEqual(3, result.ExitCode);
        Assert.AreEqual("", result.Output);
        StringAssert.Contains(result.Error, "downloads are switched off (IMAGETRAINER_OFFLINE). Get resnet34-b627a593.pth from ");
        StringAssert.Contains(result.Error, $"put it into {folder.Combine("cache", "imagetrainer")}");
    }

    [TestMethod]
    public void Import_WeightFile_CanBeNamedFromThenOn()
    {
        using var folder = new TemporaryFolder();
        File.Copy(TinyBackbone.Path, folder.Combine("own.safetensors"));

        CliResult imported = Cli.Run(folder.Path, "backbone", "import", "own.safetensors", "--name", "parts");
        CliResult info = Cli.Run(folder.Path, "backbone", "info", "parts");
        CliResult list = Cli.Run(folder.Path, "backbone", "list");

        string cached = folder.Combine("cache", "imagetrainer", "parts.safetensors");
        Assert.AreEqual(0, imported.ExitCode, imported.Error);
        Assert.AreEqual($"parts: {cached}", imported.OutputLines.Single());
        Assert.AreEqual(0, info.ExitCode, info.Error);
        string[] facts = ["name:      parts", "network:   resnet10, 512 features", $"where:     {cached}"];
        CollectionAssert.IsSubsetOf(facts, info.OutputLines);
        StringAssert.Matches(list.Output, new Regex(@"\| parts +\| \d+ +\|"));
    }

    [TestMethod]
    [DataRow("notes.txt", "is not a weight file by its name")]
    [DataRow("cut.safetensors", "cut.safetensors")]
    [DataRow("missing.pth", "There is no file")]
    public void Import_NoWeights_Ends3(string file, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes.txt", "no weights");
        folder.Write("cut.safetensors", File.ReadAllBytes(TinyBackbone.Path).AsSpan(0, 10_000));

        CliResult result = Cli.Run(folder.Path, "backbone", "import", file);

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, message);
        Assert.IsFalse(Directory.Exists(folder.Combine("cache", "imagetrainer")));
    }

    [TestMethod]
    public void Info_FileWithoutFolder_IsRead()
    {
        using var folder = new TemporaryFolder();
        File.Copy(TinyBackbone.Path, folder.Combine("own.safetensors"));

        CliResult result = Cli.Run(folder.Path, "backbone", "info", "own.safetensors");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "network:   resnet10, 512 features");
    }
}
