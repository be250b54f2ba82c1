using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Postgres;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Postgres;

/// <summary>How long a job waits for a server that does not take it.</summary>
[TestClass]
public sealed class PostgresRetryTests
{
    private const int MoreThanFew = 9;
    private const int FewCount = 5;

    private static readonly JobIdentity Identity = new()
    {
        ModelSha256 = "0123456789abcdef",
        ColumnNames = [],
        Format = "postgres",
        TopCount = 1,
        IncludeEmbeddings = false,
        BatchSize = 1,
        Device = "cpu",
        ShardIndex = 0,
        ShardCount = 1,
    };

    [TestMethod]
    public void Open_ServerRecovering_WaitsForIt()
    {
        using var server = new PostgresServer();
        server.Stop();
        server.StartRecovering();
        int count = 0;
        using PostgresSink sink = NewSink($"{server.Address}?job=early", message =>
        {
            StringAssert.Contains(message, "57P03");
            if (++count == MoreThanFew) server.EndRecovery();
        });

        JobProgress progress = sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false);

        Assert.AreEqual(JobProgress.None, progress);
    }

    [TestMethod]
    public void Open_ResumedWhileTheOldConnectionLives_WaitsForItsLock()
    {
        string address = $"{PostgresServer.Shared.Address}?job=held";
        PostgresSink old = NewSink(address, Assert.Fail);
        old.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false);
        int count = 0;
        using PostgresSink sink = NewSink(address, _ =>
        {
            if (++count == MoreThanFew) old.Dispose();
        });

        JobProgress progress = sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: true);

        Assert.AreEqual(JobProgress.None, progress);
        Assert.AreEqual(MoreThanFew, count);
    }

    [TestMethod]
    public void Open_AnotherProcessHasTheJob_IsRefusedSoon()
    {
        string address = $"{PostgresServer.Shared.Address}?job=busy";
        using PostgresSink other = NewSink(address, Assert.Fail);
        other.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false);
        int count = 0;
        using PostgresSink sink = NewSink(address, _ => count++);

        ScoringRefusedException exception = Assert.ThrowsExactly<ScoringRefusedException>(() => sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false));

        Assert.AreEqual(ScoringRefusal.Locked, exception.Refusal);
        Assert.AreEqual(FewCount, count);
    }

    [TestMethod]
    public void Open_NobodyListens_GivesUpSoon()
    {
        int count = 0;
        using PostgresSink sink = NewSink("postgres://me@127.0.0.1:1/db?job=none", _ => count++);

        Assert.ThrowsExactly<ScoringOutputException>(() => sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: true));

        Assert.AreEqual(FewCount, count);
    }

    [TestMethod]
    public void Commit_CancelledWhileTheServerIsAway_EndsAtOnce()
    {
        using var server = new PostgresServer();
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        using PostgresSink sink = NewSink(
            $"{server.Address}?job=away",
            _ =>
            {
                if (++count == 2) cancellation.Cancel();
            },
            cancellation.Token);
        sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false);
        server.Stop();
        WriteRow(sink);

        Assert.Throws<OperationCanceledException>(() => sink.Commit(new JobProgress(1, 1, 1)));
        Assert.Throws<OperationCanceledException>(() => sink.Commit(new JobProgress(1, 1, 1)));

        Assert.AreEqual(2, count);
    }

    [TestMethod]
    public void Commit_CancelledWithAConnection_Commits()
    {
        PostgresServer server = PostgresServer.Shared;
        using var cancellation = new CancellationTokenSource();
        using PostgresSink sink = NewSink($"{server.Address}?job=cancelled", Assert.Fail, cancellation.Token);
        sink.Open(Identity, RowLayout.Of(Identity, labelCount: 2), mayResume: false);
        WriteRow(sink);
        cancellation.Cancel();

        sink.Commit(new JobProgress(1, 1, 1));

        CollectionAssert.AreEqual(
            new[] { "gone.png" }, server.Query("SELECT path FROM image_scores WHERE job = 'cancelled'").ToArray());
    }

    private static void WriteRow(PostgresSink sink) =>
        sink.Write(new ScoredRow(0, ListedImage.Of("gone.png"), null, default, new ImageDecodeException("gone.png", "there is no such file")));

    private static PostgresSink NewSink(string address, Action<string> notice, CancellationToken cancellationToken = default) =>
        new(PostgresAddress.Parse(address), new HurriedClock(), notice, cancellationToken);
}
