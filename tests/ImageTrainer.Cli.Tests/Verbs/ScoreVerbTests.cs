using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public class ScoreVerbTests
{
    private static readonly byte[] List = Encoding.UTF8.GetBytes("photos/across/00.png\nphotos/down/01.png\n");

    [TestMethod]
    public void Score_StandardInputAgain_ChangesNothing()
    {
        using TemporaryFolder folder = NewFolder();
        string[] job = ["score", "model.zip", "-", "--output", "scores.csv", "--resume"];

        CliResult first = Cli.RunWithInput(folder.Path, List, job);
        CliResult again = Cli.RunWithInput(folder.Path, List, job);

        Assert.AreEqual(0, first.ExitCode, first.Error);
        Assert.AreEqual(0, again.ExitCode, again.Error);
        StringAssert.Contains(again.Error, "2 images, 0 unreadable, 2 of them from earlier runs");
    }

    [TestMethod]
    public void Score_FaultOfTheProgram_EndsTheProgressFile()
    {
        using TemporaryFolder folder = NewFolder();
        string sum = Convert.ToHexStringLower(SHA256.HashData("{}"u8))[..8];
        folder.Write("scores.csv.journal", $"{sum}{{}}\n");

        CliResult result = Cli.Run(folder.Path, "score", "model.zip", "photos", "--output", "scores.csv", "--resume", "--progress-file", "progress.json");

        string progress = File.ReadAllText(folder.Combine("progress.json"));
        Assert.AreEqual(1, result.ExitCode, result.Error);
        StringAssert.Contains(progress, "\"state\":\"Failed\"");
        StringAssert.Contains(progress, "\"exitCode\":1");
    }

    private static TemporaryFolder NewFolder()
    {
        var folder = new TemporaryFolder();
        folder.Write("model.zip", TinyModel.Zip);
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        return folder;
    }
}
