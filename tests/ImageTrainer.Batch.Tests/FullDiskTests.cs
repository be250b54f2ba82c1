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
        if (OperatingSystem.IsWindows() || !bench.Shell("mount -t tmpfs -o size=20k tmpfs disk"))
            Assert.Inconclusive("A small file system can be mounted by root only.");
        try
        {
            ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "whole.csv");

            (int fullCode, string full) = ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "disk/scores.csv");
            bench.Shell("mount -o remount,size=2m disk");
            (int exitCode, string error) = ScoreProcess.Run(bench.Folder, "model.zip", "list.txt", "--output", "disk/scores.csv", "--resume");

            Assert.AreEqual(1, fullCode, full);
            StringAssert.Matches(full, new(@"\nCannot write 'disk/scores\.csv\.\w+': No space left on device; what is committed stands, [^.]*\.\n$"));
            Assert.AreEqual(0, exitCode, error);
            Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("disk", "scores.csv")));
        }
        finally
        {
            bench.Shell("umount disk");
        }
    }

    [TestMethod]
    public void Merge_DiskFull_Ends1AndLeavesNothing()
    {
        using var bench = new ScoringBench();
        bench.Score("part.csv", null, bench.WriteList("list.txt", 600));
        Directory.CreateDirectory(bench.Combine("disk"));
        if (OperatingSystem.IsWindows() || !bench.Shell("mount -t tmpfs -o size=20k tmpfs disk"))
            Assert.Inconclusive("A small file system can be mounted by root only.");
        try
        {
            (int exitCode, string error) = ScoreProcess.Run(bench.Folder, "merge", "disk/merged.csv", "part.csv");

            Assert.AreEqual(1, exitCode, error);
            Assert.AreEqual(
                "Cannot write 'disk/merged.csv.partial': No space left on device; nothing was made; put this right and merge again.", error.Trim());
            CollectionAssert.AreEqual(new[] { bench.Combine("disk", "merged.csv.journal") }, Directory.GetFiles(bench.Combine("disk")));
        }
        finally
        {
            bench.Shell("umount disk");
        }
    }
}
