using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class CancelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] SlowTraining = ["train", "photos", "--image-size", "512", "--run-dir", "run"];

    [TestMethod]
    [DataRow("INT")]
    [DataRow("TERM")]
    public void Train_SignalWhileFeaturizing_Ends130AndGoesOnNextTime(string signal)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 16, seed: 1, "across", "down");
        Process process = Cli.Start(folder.Path, SlowTraining);
        WaitForFeatures(folder.Combine("cache", "imagetrainer", "features"));

        Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        var stopping = Stopwatch.StartNew();
        CliResult cancelled = Cli.Finish(process, []);
        TimeSpan stopped = stopping.Elapsed;
        string cancelledLog = File.ReadAllText(folder.Combine("run", "log.txt"));
        CliResult again = Cli.Run(folder.Path, SlowTraining);

        string log = string.Join('\n', File.ReadAllLines(folder.Combine("run", "log.txt")));
        Assert.AreEqual(130, cancelled.ExitCode, cancelled.Error);
        Assert.AreEqual("", cancelled.Output);
        StringAssert.EndsWith(cancelled.Error.TrimEnd(), "Cancelled. Finished features are kept: run the same command again to go on from there.");
        StringAssert.Contains(cancelledLog, "Cancelled. Finished features are kept");
        StringAssert.EndsWith(cancelledLog.TrimEnd(), "Exit code 130.");
        Assert.IsTrue(stopped < Patience, $"It took {stopped}.");
        Assert.AreEqual(0, again.ExitCode, again.Error);
        StringAssert.Matches(log, new Regex(@"Featurizing: \d+/\d+ images, [1-9]\d* from the cache"));
    }

    [TestMethod]
    public void Resume_SignalBeforeItGoesOn_NamesTheCommandThatKeepsTheCheckpoint()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 16, seed: 1, "across", "down");
        folder.Write("run/args.json", """{"dataset": "photos", "backbone": "auto", "device": "cpu", "imageSize": 512, "seed": 1, "fineTune": {"stages": "stage4"}}""");
        string checkpoint = folder.Write("run/checkpoint/checkpoint.safetensors", "weights");
        Process process = Cli.Start(folder.Path, "train", "--resume", "run");
        WaitForFeatures(folder.Combine("cache", "imagetrainer", "features"));

        RunningRun.Signal(process, "INT");
        CliResult cancelled = Cli.Finish(process, []);

        Assert.AreEqual(130, cancelled.ExitCode, cancelled.Error);
        StringAssert.Contains(cancelled.Error, "Cancelled. Finished epochs are kept. Go on with: ");
        StringAssert.EndsWith(cancelled.Error.TrimEnd(), " train --resume run");
        Assert.AreEqual("weights", File.ReadAllText(checkpoint));
    }

    // Two featurized images are more bytes than the cache's own headers.
    private static void WaitForFeatures(string cache)
    {
        var folder = new DirectoryInfo(cache);
        var waiting = Stopwatch.StartNew();
        while (!Directory.Exists(cache) || folder.GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? file.Length : 0) < 4096)
        {
            Assert.IsTrue(waiting.Elapsed < Patience, "No features have come.");
            Thread.Sleep(10);
        }
    }
}
