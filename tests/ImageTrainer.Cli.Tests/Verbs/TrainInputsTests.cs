using System.Text.Json;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Verbs;

/// <summary>What <c>train</c> reads is neither written to nor used for two things.</summary>
[TestClass]
public sealed class TrainInputsTests
{
    [TestMethod]
    [DataRow("--validation")]
    [DataRow("--test")]
    public void Train_TheSameImagesTwice_IsRefused(string option)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", option, "photos");

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"00.png' is in train and in {option[2..]};");
    }

    [TestMethod]
    public void Train_CopiesToValidateOn_AreWarnedOf()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Photos.WriteFolder(folder.Combine("copies"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--validation", "copies");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "WARNING: byte-identical copies of validation images in test: 6,");
        StringAssert.Contains(result.Error, "WARNING: byte-identical copies of train images in validation: 18,");
    }

    [TestMethod]
    [DataRow("--output", "photos/across/00.png")]
    [DataRow("--output", "list.csv")]
    [DataRow("--run-dir", "photos/across")]
    [DataRow("--run-dir", "lists")]
    public void Train_OverWhatAListNames_IsRefused(string option, string place)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), labels: ["across", "down"]);
        string[] photos = Directory.GetFiles(folder.Combine("photos"), "*.png", SearchOption.AllDirectories);
        IEnumerable<string> rows = photos.Select(photo => $"{photo},{Path.GetFileName(Path.GetDirectoryName(photo))}");
        string list = place == "lists" ? "lists/splits.csv" : "list.csv";
        Directory.CreateDirectory(folder.Combine("lists"));
        File.WriteAllLines(folder.Combine(list.Split('/')), ["path,label", .. rows]);
        string[] before = Contents(folder.Path);

        CliResult result = Cli.Run(folder.Path, "train", list, "--image-size", "32", option, place);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"name another place with {option}.");
        CollectionAssert.AreEqual(before, Contents(folder.Path));
    }

    [TestMethod]
    public void TrainAndEvaluate_PhotoThatCannotBeOpened_EndWithFive()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Links need rights there.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        File.CreateSymbolicLink(folder.Combine("photos", "down", "gone.jpg"), folder.Combine("nowhere.jpg"));

        CliResult train = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run");
        CliResult evaluate = Cli.Run(folder.Path, "evaluate", "run/model.zip", "photos", "--json");

        const string Gone = "  down/gone.jpg: it leads to a file that does not exist";
        Assert.AreEqual((5, 5), (train.ExitCode, evaluate.ExitCode), train.Error);
        StringAssert.Contains(train.Error, Gone);
        StringAssert.Contains(evaluate.Error, Gone);
        Assert.AreEqual("down/gone.jpg,unreadable,it leads to a file that does not exist", File.ReadLines(folder.Combine("run", "bad_files.csv")).Last());
        Assert.AreEqual(1, JsonDocument.Parse(evaluate.Output).RootElement.GetProperty("badImageCount").GetInt32());
    }

    [TestMethod]
    public void Train_RunFolderInALinkedClassFolder_IsRefused()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Links need rights there.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("pictures"));
        Directory.CreateDirectory(folder.Combine("photos"));
        foreach (string name in new[] { "across", "down" })
            Directory.CreateSymbolicLink(folder.Combine("photos", name), folder.Combine("pictures", name));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "pictures/down/run");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        Assert.IsFalse(Directory.Exists(folder.Combine("pictures", "down", "run")));
    }

    [TestMethod]
    public void Train_ListToValidateOnBesideTheRuns_IsNoHindrance()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), labels: ["across", "down"]);
        Photos.Draw(0, 77).SavePng(folder.Combine("first.png"));
        Photos.Draw(1, 77).SavePng(folder.Combine("second.png"));
        File.WriteAllLines(folder.Combine("validation.csv"), ["path,label", "first.png,across", "second.png,down"]);

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--validation", "validation.csv", "--output", "best.zip");

        Assert.AreEqual(0, result.ExitCode, result.Error);
    }

    [TestMethod]
    [DataRow("run")]
    [DataRow("run/metrics.json")]
    public void Train_OutputOverTheRunsOwnFiles_IsRefused(string output)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run", "--output", output);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"--output '{output}' is a f");
    }

    [TestMethod]
    public void Train_Fp32WhereInt8Was_LeavesNoTableOfLayers()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        string[] training = ["train", "photos", "--image-size", "32", "--run-dir", "run", "--precision"];

        Cli.Run(folder.Path, [.. training, "int8"]);
        bool wasThere = File.Exists(folder.Combine("run", "quantization.csv"));
        Cli.Run(folder.Path, [.. training, "fp32"]);

        Assert.IsTrue(wasThere);
        Assert.IsFalse(File.Exists(folder.Combine("run", "quantization.csv")));
    }

    [TestMethod]
    public void Train_BalancedClassWeights_AreNotRecommendedAgain()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 12, labels: "across");
        Photos.WriteFolder(folder.Combine("photos"), count: 3, seed: 2, "down");

        CliResult plain = Cli.Run(folder.Path, "train", "photos", "--image-size", "32");
        CliResult balanced = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--class-weights", "balanced");

        StringAssert.Contains(plain.Error, "consider --class-weights balanced");
        Assert.IsFalse(balanced.Error.Contains("consider", StringComparison.Ordinal), balanced.Error);
    }

    private static string[] Contents(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains("cache", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"),
    ];
}
