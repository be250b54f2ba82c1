using System.Text.Json;

namespace ImageTrainer.Tests.Verbs;

/// <summary><c>--validation</c> and <c>--test</c>.</summary>
[TestClass]
public sealed class TrainPartsTests
{
    [TestMethod]
    public void Train_TestOfADividedSet_MeasuresOnItsTestPartAsEvaluateDoes()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "train"), count: 4, seed: 2);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 3, seed: 3);

        CliResult train = Cli.Run(folder.Path, "train", "photos", "--test", "set", "--image-size", "32", "--run-dir", "run", "--json");
        CliResult evaluate = Cli.Run(folder.Path, "evaluate", "run/model.zip", "set", "--json");

        Assert.AreEqual(0, train.ExitCode, train.Error);
        Assert.AreEqual((9, 9), (ImageCount(train), ImageCount(evaluate)));
        StringAssert.Contains(train.Error, "Of 'set', --test takes the test part.");
        Assert.AreEqual(9, Paths(folder, "splits.csv").Count(path => path.StartsWith("../set/test/", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Train_ValidationOfASetDividedOtherwise_TakesAllAndWarns()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "train"), count: 4, seed: 2);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 3, seed: 3);

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--validation", "set", "--image-size", "32", "--run-dir", "run");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "WARNING: 'set' is divided and has no validation part, so all of it is taken for --validation.");
        Assert.AreEqual(21, Paths(folder, "splits.csv").Count(path => path.StartsWith("../set/", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Train_OtherImagesThanTheSetsOwnPart_SaysWhatIsLeftOut()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("set", "train"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "validation"), count: 2, seed: 2);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 2, seed: 3);
        Photos.WriteFolder(folder.Combine("others"), count: 3, seed: 4);

        CliResult result = Cli.Run(folder.Path, "train", "set", "--validation", "others", "--image-size", "32", "--run-dir", "run");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "6 images of the validation part of");
        StringAssert.Contains(result.Error, "left out, because --validation names others.");
        Assert.AreEqual(6, Paths(folder, "bad_files.csv").Count(path => path.StartsWith("validation/", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Train_TheSetsOwnTestPartByName_LeavesNothingOut()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("set", "train"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 2, seed: 3);

        CliResult result = Cli.Run(folder.Path, "train", "set", "--test", "set/test", "--image-size", "32", "--run-dir", "run");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.DoesNotContain("left out", result.Error);
        Assert.IsEmpty(Paths(folder, "bad_files.csv"));
    }

    [TestMethod]
    public void TrainAndEvaluate_PhotoOfAnotherPartThatCannotBeOpened_IsNotCounted()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Links need rights there.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "train"), count: 1, seed: 2);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 3, seed: 3);
        File.CreateSymbolicLink(folder.Combine("set", "train", "down", "gone.jpg"), folder.Combine("nowhere.jpg"));

        CliResult train = Cli.Run(folder.Path, "train", "photos", "--test", "set", "--image-size", "32", "--run-dir", "run");
        CliResult evaluate = Cli.Run(folder.Path, "evaluate", "run/model.zip", "set");

        Assert.AreEqual((0, 0), (train.ExitCode, evaluate.ExitCode), train.Error + evaluate.Error);
    }

    [TestMethod]
    public void Train_FilesOfOneNameInTwoSets_HaveTheSamePathsInAllTables()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 6);
        Photos.WriteFolder(folder.Combine("held out"), count: 2, seed: 3);
        foreach (string set in new[] { "photos", "held out" })
        {
            string picture = folder.Combine(set, "down", "00.png");
            File.WriteAllBytes(picture, File.ReadAllBytes(picture)[..1000]);
        }

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--test", "held out", "--image-size", "32", "--run-dir", "run");

        Assert.AreEqual(5, result.ExitCode, result.Error);
        string[] tested = [.. File.ReadLines(folder.Combine("run", "splits.csv")).Where(row => row.EndsWith(",test", StringComparison.Ordinal)).Select(PathOf)];
        string[] bad = ["down/00.png", "../held out/down/00.png"];
        CollectionAssert.AreEqual(bad, Paths(folder, "bad_files.csv"));
        CollectionAssert.AreEquivalent(tested, Paths(folder, "predictions.csv").Append(bad[1]).ToArray());
    }

    private static int ImageCount(CliResult result) => JsonDocument.Parse(result.Output).RootElement.GetProperty("imageCount").GetInt32();

    private static string[] Paths(TemporaryFolder folder, string table) =>
        [.. File.ReadLines(folder.Combine("run", table)).Skip(1).Select(PathOf)];

    // Awkward labels stand in quotes.
    private static string PathOf(string row) => row[0] == '"' ? row[1..row.IndexOf('"', 1)] : row[..row.IndexOf(',')];
}
