namespace ImageTrainer.Tests;

/// <summary>SIGKILL at random moments: whatever the moment, the finished output is the one that no kill disturbed.</summary>
[TestClass]
public sealed class KillTests
{
    private const int KillCount = 30;
    private const int ImageCount = 1500;

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("list.txt", "csv", 1)]
    [DataRow("list.txt", "jsonl", 2)]
    [DataRow("-", "csv", 3)]
    public void Score_KilledAtRandom_EndsWithTheSameBytes(string input, string format, int seed)
    {
        using var bench = new ScoringBench(8);
        bench.WriteModel();
        bench.WriteList(input == "-" ? ScoreProcess.StandardInput : input, ImageCount, "missing.png");
        string[] job = ["model.zip", input, "--format", format, "--top", "2", "--output"];
        ScoreProcess.Run(bench.Folder, [.. job, "whole"]);
        int finishedCount = 0;

        ScoreProcess.KillRepeatedly(KillCount, seed, bench.Folder, [.. job, "killed"], _ =>
        {
            finishedCount++;
            Assert.AreEqual(File.ReadAllText(bench.Combine("whole")), File.ReadAllText(bench.Combine("killed")));
            Assert.AreEqual(File.ReadAllText(bench.Combine("whole.errors.csv")), File.ReadAllText(bench.Combine("killed.errors.csv")));
            foreach (string file in Directory.GetFiles(bench.Folder, "killed*")) File.Delete(file);
        });

        Assert.IsGreaterThan(0, finishedCount);
    }

    [TestMethod]
    public void Score_TerminatedAndResumed_Ends130AndThenWhole()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no SIGTERM.");
        using var bench = new ScoringBench(8);
        bench.WriteModel();
        bench.WriteList("list.txt", 3000);
        using var process = ScoreProcess.Start(bench.Folder, "model.zip", "list.txt", "--output", "scores.csv", "--progress-file", "progress.json");
        while (!File.Exists(bench.Combine("progress.json"))) Thread.Yield();

        System.Diagnostics.Process.Start("kill", ["-s", "TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();
        (int exitCode, string error) = ScoreProcess.Finish(process);
        string progress = File.ReadAllText(bench.Combine("progress.json"));
        (int resumedCode, string resumed) = ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "scores.csv", "--resume");

        Assert.AreEqual(130, exitCode, error);
        StringAssert.Contains(progress, "\"state\":\"Cancelled\"");
        StringAssert.Contains(progress, "\"exitCode\":130");
        Assert.AreEqual(0, resumedCode, resumed);
        StringAssert.Matches(resumed, new(@"3000 images, 0 unreadable, [1-9]\d* of them from earlier runs"));
        Assert.AreEqual(3001, bench.Lines("scores.csv").Length);
    }
}
