using System.Diagnostics;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class ResumeVerbTests
{
    private static readonly string[] Training =
    [
        "train", "photos", "--image-size", "64", "--fine-tune", "stage4", "--augment", "light", "--precision", "fp32", "--batch-size", "4",
        "--optimizer", "sgd", "--learning-rate", "0.0005", "--run-dir", "run",
    ];

    [TestMethod]
    public void Resume_ImagesGone_IsRefusedAndGoesOnOnceTheyAreBack()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Process process = Cli.Start(folder.Path, [.. Training, "--epochs", "400", "--patience", "400"]);
        RunningRun.WaitForLine(folder.Combine("run", "log.txt"), "Epoch 2/");
        RunningRun.Signal(process, "INT");
        CliResult first = Cli.Finish(process, []);
        string[] files = [.. Directory.GetFiles(folder.Combine("run")).Where(path => Path.GetFileName(path) != "log.txt")];
        byte[][] before = [.. files.Select(File.ReadAllBytes)];
        Directory.Move(folder.Combine("photos", "across"), folder.Combine("across"));

        CliResult refused = Cli.Run(folder.Path, "train", "--resume", "run");
        byte[][] after = [.. files.Select(File.ReadAllBytes)];
        Directory.Move(folder.Combine("across"), folder.Combine("photos", "across"));
        CliResult resumed = Cli.Run(folder.Path, "train", "--resume", "run", "--time-budget", "1s");

        Assert.AreEqual(130, first.ExitCode, first.Error);
        Assert.AreEqual(3, refused.ExitCode, refused.Error);
        StringAssert.Contains(refused.Error, "8 images of the run cannot be found any more, the first is 'across/00.png'");
        for (int i = 0; i < files.Length; i++) CollectionAssert.AreEqual(before[i], after[i], files[i]);
        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        StringAssert.Contains(resumed.Error, "Going on after epoch ");
    }

    [TestMethod]
    [DataRow("--fine-tune", "stage4")]
    [DataRow("--seed", "2")]
    public void Train_FolderOfAnUnfinishedRun_IsRefusedAndTheCheckpointKept(string option, string value)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        string checkpoint = folder.Write("run/checkpoint/checkpoint.safetensors", "weights");

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", option, value);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Error, "'run' holds a fine-tuning run that is not finished; go on with it (`");
        StringAssert.Contains(
            result.Error, $" train --resume run`), delete '{Path.Combine("run", "checkpoint")}' to begin anew, or name another folder with --run-dir.");
        Assert.AreEqual("weights", File.ReadAllText(checkpoint));
        Assert.IsFalse(File.Exists(folder.Combine("run", "args.json")));
    }

    [TestMethod]
    public void Train_FolderOfARunThatRanOutOfTime_IsUsedAgain()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 4);
        string checkpoint = folder.Write("run/checkpoint/checkpoint.safetensors", "weights");
        string figures = folder.Write("run/metrics.json", "{}");
        // Gone on with since, and killed.
        File.SetLastWriteTimeUtc(figures, File.GetLastWriteTimeUtc(checkpoint).AddMinutes(-1));
        CliResult killed = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", "--image-size", "32");
        File.SetLastWriteTimeUtc(figures, File.GetLastWriteTimeUtc(checkpoint).AddMinutes(1));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", "--image-size", "32");

        Assert.AreEqual(2, killed.ExitCode, killed.Error);
        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.IsFalse(File.Exists(checkpoint));
    }

    [TestMethod]
    public void Resume_OutOfTimeInTheFirstEpoch_BeginsIt()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult first = Cli.Run(folder.Path, [.. Training, "--epochs", "1", "--time-budget", "0.001s"]);
        CliResult resumed = Cli.Run(folder.Path, "train", "--resume", "run", "--time-budget", "1h");

        StringAssert.Contains(first.Error, "out of time after 0 epochs");
        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        StringAssert.Contains(resumed.Error, "Epoch 1/1");
    }

    [TestMethod]
    public void Resume_Json_PrintsTheContentOfMetricsJson()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        Cli.Run(folder.Path, [.. Training, "--epochs", "1", "--time-budget", "0.001s"]);
        CliResult resumed = Cli.Run(folder.Path, "train", "--resume", "run", "--time-budget", "1h", "--json");

        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        Assert.AreEqual(File.ReadAllText(folder.Combine("run", "metrics.json")), resumed.Output.ReplaceLineEndings("\n"));
    }

    [TestMethod]
    [DataRow("completed", "The run in 'run' is finished")]
    [DataRow("imagesLost", "There is no folder and no list")]
    [DataRow("outOfTime", "There is no folder and no list")]
    public void Resume_RunWithoutCheckpoint_GoesOnByHowItEnded(string ending, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("run/args.json", """{"dataset": "gone", "backbone": "auto", "device": "cpu", "fineTune": {"stages": "stage4"}}""");
        folder.Write("run/metrics.json", $$$"""{"fineTuning": {"ending": "{{{ending}}}"}}""");

        CliResult result = Cli.Run(folder.Path, "train", "--resume", "run");

        StringAssert.Contains(result.Error, expected);
    }

    [TestMethod]
    public void Resume_FromAnotherFolder_FindsTheDataSet()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Directory.CreateDirectory(folder.Combine("elsewhere"));
        Cli.Run(folder.Path, [.. Training, "--epochs", "1", "--time-budget", "0.001s", "--output", "best.zip"]);

        CliResult resumed = Cli.Run(folder.Combine("elsewhere"), "train", "--resume", "../run", "--time-budget", "1h");

        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.Combine("run", "model.zip")), File.ReadAllBytes(folder.Combine("best.zip")));
    }

    [TestMethod]
    [DataRow("--epochs", "2")]
    [DataRow("--output", "best.zip")]
    [DataRow("--min-accuracy", "0.9")]
    public void Resume_WithAnotherOption_IsRefused(string option, string value)
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "train", "--resume", "run", option, value);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"leave {option} out");
    }

    [TestMethod]
    public void Train_InterruptedWhileMeasuring_KeepsTheTrainedNetwork()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Photos.WriteFolder(folder.Combine("others"), count: 300, seed: 2);
        Process process = Cli.Start(folder.Path, [.. Training, "--epochs", "1", "--test", "others"]);
        RunningRun.WaitForLine(folder.Combine("run", "log.txt"), "Fine-tuning done after 1 epoch:");

        RunningRun.Signal(process, "INT");
        CliResult cancelled = Cli.Finish(process, []);
        CliResult predicted = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across/00.png");
        CliResult resumed = Cli.Run(folder.Path, "train", "--resume", "run");

        Assert.AreEqual(130, cancelled.ExitCode, cancelled.Error);
        StringAssert.Contains(cancelled.Error, "Cancelled while measuring. run/model.zip holds ");
        Assert.AreEqual(0, predicted.ExitCode, predicted.Error);
        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
    }
}
