using System.Diagnostics;

namespace ImageTrainer.Tests;

[TestClass]
public sealed class FullDiskTests
{
    [TestMethod]
    public void Score_DiskFull_Ends1AndGoesOnWhenThereIsRoom()
    {
        using var bench = new ScoringBench();
        bench.WriteModel();
        bench.WriteList("list.txt", 600);
        Directory.CreateDirectory(bench.Combine("disk"));
        if (OperatingSystem.IsWindows() || !Shell(bench, "mount -t tmpfs -o size=20k tmpfs disk"))
            Assert.Inconclusive("A small file system can be mounted by root only.");
        try
        {
            ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "whole.csv");

            (int fullCode, string full) = ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "disk/scores.csv");
            Shell(bench, "mount -o remount,size=2m disk");
            (int exitCode, string error) = ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "disk/scores.csv", "--resume");

            Assert.AreEqual(1, fullCode, full);
            StringAssert.Matches(full, new(@"\nCannot write 'disk/scores\.csv\.\w+': No space left on device; what is committed stands, [^.]*\.\n$"));
            Assert.AreEqual(0, exitCode, error);
            Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("disk", "scores.csv")));
        }
        finally
        {
            Shell(bench, "umount disk");
        }
    }

    private static bool Shell(ScoringBench bench, string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line + " 2> /dev/null"]) { WorkingDirectory = bench.Folder };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
