using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using ImageTrainer.Batch;

namespace ImageTrainer.Tests;

/// <summary>Files that never give a byte.</summary>
[TestClass]
public sealed class UnansweredReadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("photos/disc/pipe.png")]
    [DataRow("elsewhere")]
    public async Task Score_PipeInTheFolder_IsARowWithItsError(string pipe)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Folders hold no pipes there.");
        using var bench = new ScoringBench(1);
        using (Process made = Process.Start("mkfifo", bench.Combine(pipe))) made.WaitForExit();
        File.CreateSymbolicLink(bench.Combine("photos", "link.png"), bench.Combine(pipe));

        ScoringSummary summary = await Task.Run(() => bench.Score("scores.csv")).WaitAsync(Patience);

        Assert.AreEqual(pipe == "elsewhere" ? 1 : 2, summary.ErrorCount);
        StringAssert.Contains(bench.Lines("scores.csv")[^4..].Single(line => line.Contains("link.png", StringComparison.Ordinal)), ",,,it is a pipe,");
    }

    [TestMethod]
    public void Score_DeviceSocketOrEmptyFileInAList_IsCalledWhatItIs()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There are no devices among the files.");
        using var bench = new ScoringBench(1);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(bench.Combine("socket")));
        File.WriteAllText(bench.Combine("empty"), "");

        bench.Score("scores.csv", null, bench.WriteList("list.txt", 0, "/dev/zero", "socket", "empty"));

        CollectionAssert.AreEqual(
            new[] { "/dev/zero,it is a device", "socket,it is a socket", "empty,the file is empty" }, bench.Lines("scores.csv.errors.csv")[1..]);
    }

    [TestMethod]
    public async Task Score_CancelledWhileAReadHangs_CommitsWhatIsWritten()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Open files have no paths there.");
        using var bench = new ScoringBench();
        using var silent = new AnonymousPipeServerStream(PipeDirection.Out);
        string descriptor = silent.ClientSafePipeHandle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
        string list = bench.WriteList("list.txt", 8, $"/proc/self/fd/{descriptor}");
        using var stop = new CancellationTokenSource();
        var progress = new Recorder<ScoringProgress>(value =>
        {
            if (value.DoneCount >= 8) stop.Cancel();
        });
        var options = new ScoringOptions { CommitInterval = TimeSpan.FromHours(1) };

        Task<ScoringSummary> job = Task.Run(() => bench.Score("scores.csv", options, [list], progress: progress, cancellationToken: stop.Token));
        await Assert.ThrowsAsync<OperationCanceledException>(() => job.WaitAsync(Patience));
        silent.Dispose();
        ScoringSummary summary = bench.Score("scores.csv", new ScoringOptions { Resume = true }, list);

        Assert.AreEqual(8, summary.ResumedCount);
        Assert.AreEqual(9, summary.RowCount);
    }
}
