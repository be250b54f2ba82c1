using ImageTrainer.Batch;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class ProgressFileTests
{
    [TestMethod]
    public void End_NoRoomForASecondFile_IsWrittenInPlace()
    {
        using var folder = new TemporaryFolder();
        List<string> said = [];
        var file = new ProgressFile(folder.Combine("progress.json"), new ManualClock(), said.Add);
        var rate = new ScoringRate(new ManualClock());
        file.Write(new ScoringProgress(1, 2, 0, 0), rate);
        Directory.CreateDirectory(folder.Combine("progress.json.tmp"));

        file.End(ProgressState.Failed, ExitCode.InternalError, summary: null);
        file.End(ProgressState.Cancelled, ExitCode.Cancelled, summary: null);
        file.Write(new ScoringProgress(1, 2, 0, 0), rate);

        string progress = File.ReadAllText(folder.Combine("progress.json"));
        StringAssert.StartsWith(progress, "{\"state\":\"Failed\"");
        StringAssert.EndsWith(progress, "}");
        Assert.IsEmpty(said);
    }

    [TestMethod]
    public void Write_PlaceThatIsLost_SaysSoOnceAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        List<string> said = [];
        var clock = new ManualClock();
        Directory.CreateDirectory(folder.Combine("progress.json"));
        var file = new ProgressFile(folder.Combine("progress.json"), clock, said.Add);
        var rate = new ScoringRate(clock);

        file.Write(new ScoringProgress(1, 2, 0, 0), rate);
        clock.Advance(seconds: 2);
        file.Write(new ScoringProgress(1, 2, 0, 0), rate);

        Assert.HasCount(1, said);
        StringAssert.EndsWith(said[0], "; the job goes on without it.");
        Assert.IsEmpty(Directory.GetFiles(folder.Path));
    }
}
