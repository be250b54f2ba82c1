using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Tests.Terminal;

[TestClass]
public sealed class CommandNameTests
{
    [TestMethod]
    [DataRow("photos/a_1-2.jpg", "photos/a_1-2.jpg")]
    [DataRow("蓝色", "蓝色")]
    [DataRow("", "''")]
    [DataRow("my photos", "'my photos'")]
    [DataRow("it's", "'it'\\''s'")]
    [DataRow("$HOME", "'$HOME'")]
    [DataRow("a\\b", "'a\\b'")]
    [DataRow("~/x", "'~/x'")]
    [DataRow("a*", "'a*'")]
    public void Quote_PosixShell_KeepsTheTextWhole(string text, string expected)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Quotes are others there.");

        Assert.AreEqual(expected, CommandName.Quote(text));
    }

    [TestMethod]
    [DataRow("/srv/runs/m.zip", "runs/m.zip")]
    [DataRow("runs/m.zip", "runs/m.zip")]
    [DataRow("../other/m.zip", "/other/m.zip")]
    [DataRow("/srv/-x.jpg", "./-x.jpg")]
    [DataRow("..x/m.zip", "..x/m.zip")]
    public void QuotePath_FromAFolder_IsShortAndNoOption(string path, string expected)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Paths are others there.");

        Assert.AreEqual(expected, CommandName.QuotePath(path, "/srv"));
    }

    [TestMethod]
    [DataRow("/root/.dotnet/tools/imagetrainer", "imagetrainer")]
    [DataRow("/usr/bin/dotnet", "dotnet bin/ImageTrainer.Cli.dll")]
    [DataRow("/srv/bin/ImageTrainer.Cli", "bin/ImageTrainer.Cli")]
    [DataRow("/srv/ImageTrainer.Cli", "./ImageTrainer.Cli")]
    [DataRow("/my tools/ImageTrainer.Cli", "'/my tools/ImageTrainer.Cli'")]
    public void Find_AsItWasStarted_CanBeTypedAgain(string process, string expected)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Paths are others there.");

        Assert.AreEqual(expected, CommandName.Find(process, "/srv/bin/ImageTrainer.Cli.dll", "/srv"));
    }
}
