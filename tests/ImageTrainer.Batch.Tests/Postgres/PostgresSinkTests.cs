using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Tests.Postgres;

/// <summary>Against a real server; kills and restarts at random moments.</summary>
[TestClass]
public sealed class PostgresSinkTests
{
    private const int KillCount = 30;

    private const string AllRows =
        "SELECT path, position, predicted_label, probability, top_k::text, error, model_sha256 FROM image_scores WHERE job = 'JOB' ORDER BY position";

    private static readonly string[] Job = ["model.zip", "photos", "--top", "2", "--output"];

    [AssemblyCleanup]
    public static void StopServer() => PostgresServer.StopShared();

    [TestMethod]
    [TestCategory("Slow")]
    public void Score_KilledAtRandom_EndsWithTheSameRows()
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();
        Score(bench, server, "unkilled");
        IReadOnlyList<string> whole = Rows(server, "unkilled");

        ScoreProcess.KillRepeatedly(KillCount, seed: 3, bench.Folder, [.. Job, $"{server.Address}?job=killed"], _ =>
        {
            CollectionAssert.AreEqual(whole.ToArray(), Rows(server, "killed").ToArray());
            server.Query("DELETE FROM image_scores WHERE job = 'killed'");
            server.Query("DELETE FROM image_scores_jobs WHERE job = 'killed'");
        });

        Assert.AreEqual(901, whole.Count);
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Score_ServerRestartedTwice_EndsWithTheSameRows()
    {
        using var server = new PostgresServer();
        using ScoringBench bench = NewBench();
        Score(bench, server, "whole");
        using Process process = ScoreProcess.Start(bench.Folder, [.. Job, $"{server.Address}?job=restarted"]);
        Task<string> error = process.StandardError.ReadToEndAsync();

        for (int restart = 1; restart <= 2; restart++)
        {
            WaitForRows(server, "restarted", 250 * restart);
            server.Stop();
            server.Start();
        }

        process.WaitForExit();
        Assert.AreEqual(5, process.ExitCode, error.Result);
        StringAssert.Contains(error.Result, "trying again in");
        CollectionAssert.AreEqual(Rows(server, "whole").ToArray(), Rows(server, "restarted").ToArray());
    }

    [TestMethod]
    public void Score_Shards_FillOneJob()
    {
        PostgresServer server = PostgresServer.Shared;
        using var bench = new ScoringBench(8);
        bench.WriteModel();
        Score(bench, server, "whole");

        Score(bench, server, "parts", "--shard", "1/2");
        Score(bench, server, "parts", "--shard", "0/2");
        (int otherCode, string other) = ScoreProcess.Run(bench.Folder, [.. Job, $"{server.Address}?job=parts", "--shard", "2/3"]);

        CollectionAssert.AreEqual(Rows(server, "whole").ToArray(), Rows(server, "parts").ToArray());
        Assert.AreEqual(2, otherCode);
        StringAssert.Contains(other, "the N of --shard I/N was 2 and is 3");
    }

    [TestMethod]
    public void Score_SameJobAgain_IsRefusedWithTheDifferenceNamed()
    {
        PostgresServer server = PostgresServer.Shared;
        using var bench = new ScoringBench(2);
        bench.WriteModel();
        Score(bench, server, "job");
        string address = $"{server.Address}?job=job";

        (int again, string againError) = ScoreProcess.Run(bench.Folder, [.. Job, address]);
        (int finished, _) = ScoreProcess.Run(bench.Folder, [.. Job, address, "--resume"]);
        (int other, string otherError) = ScoreProcess.Run(bench.Folder, [.. Job, address, "--resume", "--embeddings"]);

        Assert.AreEqual(2, again);
        StringAssert.Contains(againError, "The job 'job' is in the database already; go on with --resume");
        Assert.AreEqual(0, finished);
        Assert.AreEqual(2, other);
        StringAssert.Contains(otherError, "--embeddings was False and is True");
    }

    [TestMethod]
    public void Resume_StandardInput_TakesTheSamePathsOnly()
    {
        PostgresServer server = PostgresServer.Shared;
        using var bench = new ScoringBench(2);
        bench.WriteModel();
        bench.WriteList(ScoreProcess.StandardInput, 5);
        string[] job = ["model.zip", "-", "--resume", "--output", $"{server.Address}?job=stream"];

        (int exitCode, string error) = ScoreProcess.Run(bench.Folder, job);
        (int againCode, string again) = ScoreProcess.Run(bench.Folder, job);
        bench.WriteList(ScoreProcess.StandardInput, 4);
        (int otherCode, string other) = ScoreProcess.Run(bench.Folder, job);

        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual(0, againCode, again);
        StringAssert.Contains(again, "5 images, 0 unreadable, 5 of them from earlier runs");
        Assert.AreEqual(2, otherCode, other);
        StringAssert.Contains(other, "do not come again");
    }

    [TestMethod]
    public void Score_PathsTwiceAndColumns_KeepsTheLastMention()
    {
        PostgresServer server = PostgresServer.Shared;
        using var bench = new ScoringBench(1);
        bench.WriteModel();
        File.WriteAllText(bench.Combine("list.csv"), "path,id\nphotos/disc/00.png,1\nmissing.png,2\nphotos/disc/00.png,3\n");

        (int exitCode, string error) = ScoreProcess.Run(
            bench.Folder, "model.zip", "list.csv", "--embeddings", "--output", $"{server.Address}?job=twice&table=public.other");

        IReadOnlyList<string> rows = server.Query(
            "SELECT path, position, columns->>'id', error, array_length(embedding, 1) FROM other WHERE job = 'twice' ORDER BY position");
        Assert.AreEqual(5, exitCode, error);
        CollectionAssert.AreEqual(new[] { "missing.png|1|2|there is no such file|", "photos/disc/00.png|2|3||512" }, rows.ToArray());
    }

    [TestMethod]
    public void Score_NoServer_SaysSoWithoutThePassword()
    {
        using var bench = new ScoringBench(1);
        bench.WriteModel();

        (int exitCode, string error) = ScoreProcess.Run(bench.Folder, [.. Job, "postgres://me:secret@127.0.0.1:1/db"]);

        Assert.AreEqual(1, exitCode, error);
        StringAssert.Contains(error, "Cannot write 'postgres://127.0.0.1:1/db'");
        Assert.IsFalse(error.Contains("secret", StringComparison.Ordinal));
    }

    private static ScoringBench NewBench()
    {
        var bench = new ScoringBench(300);
        bench.WriteModel();
        File.WriteAllText(bench.Combine("photos", "note.txt"), "no image");
        return bench;
    }

    private static void Score(ScoringBench bench, PostgresServer server, string job, params string[] more)
    {
        (int exitCode, string error) = ScoreProcess.Run(bench.Folder, [.. Job, $"{server.Address}?job={job}", .. more]);
        Assert.IsTrue(exitCode is 0 or 5, error);
    }

    private static IReadOnlyList<string> Rows(PostgresServer server, string job) =>
        server.Query(AllRows.Replace("JOB", job, StringComparison.Ordinal));

    private static void WaitForRows(PostgresServer server, string job, int count)
    {
        string table = "SELECT count(*) FROM image_scores WHERE job = ";
        while (int.Parse(server.Query($"{table}'{job}'")[0], CultureInfo.InvariantCulture) < count) Thread.Yield();
    }
}
