using System.Security.Cryptography;

namespace ImageTrainer.Tests.Postgres;

/// <summary>The tables that a job finds or makes.</summary>
[TestClass]
public sealed class PostgresTablesTests
{
    [TestMethod]
    public void Score_TablesThatAreThere_NeedNoRightToMakeSome()
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();
        Score(bench, server.Address + "?table=given&job=first");
        server.Query("CREATE ROLE scorer LOGIN");
        server.Query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        server.Query("GRANT SELECT, INSERT, UPDATE ON given, given_jobs TO scorer");

        (int exitCode, string error) = Score(bench, server.Address.Replace("postgres@", "scorer@", StringComparison.Ordinal) + "?table=given&job=second");

        Assert.AreEqual(0, exitCode, error);
        CollectionAssert.AreEqual(new[] { "3" }, server.Query("SELECT count(*) FROM given WHERE job = 'second'").ToArray());
    }

    [TestMethod]
    public void Score_TableOfThatNameFurtherOnInTheSearchPath_IsLeftAlone()
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();
        Score(bench, server.Address + "?table=mine&job=others");
        server.Query("CREATE ROLE owner LOGIN");
        server.Query("CREATE SCHEMA owner AUTHORIZATION owner");

        (int exitCode, string error) = Score(bench, server.Address.Replace("postgres@", "owner@", StringComparison.Ordinal) + "?table=mine&job=own");

        Assert.AreEqual(0, exitCode, error);
        CollectionAssert.AreEqual(new[] { "3|3" }, server.Query("SELECT (SELECT count(*) FROM owner.mine), (SELECT count(*) FROM public.mine)").ToArray());
    }

    [TestMethod]
    [DataRow("staging")]
    [DataRow("ääääääääääääääääääääääääääa")]
    [DataRow("With \" and space")]
    public void Score_UnusualTable_HasTheRows(string table)
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();

        (int exitCode, string error) = Score(bench, $"{server.Address}?job=unusual&table={Uri.EscapeDataString(table)}");

        Assert.AreEqual(0, exitCode, error);
        string quoted = table.Replace("\"", "\"\"", StringComparison.Ordinal);
        CollectionAssert.AreEqual(new[] { "3|1" }, server.Query($"SELECT count(*), (SELECT count(*) FROM \"{quoted}_jobs\") FROM \"{quoted}\"").ToArray());
    }

    [TestMethod]
    public void Score_TableOfSomethingElse_IsRefusedWithTheMissingColumns()
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();
        server.Query("CREATE TABLE photos (id int, path text, position bigint, error text, columns jsonb, top_k jsonb, embedding real[])");

        (int exitCode, string error) = Score(bench, $"{server.Address}?job=photos&table=photos");

        Assert.AreEqual(2, exitCode);
        StringAssert.Contains(
            error, "The table \"photos\" in the database is another one: it has no column job, predicted_label, probability, model_sha256.");
    }

    [TestMethod]
    public void Score_LongestJobAndPath_FitTheKeys()
    {
        PostgresServer server = PostgresServer.Shared;
        using ScoringBench bench = NewBench();
        string job = Random(512);
        File.WriteAllText(bench.Combine("list.txt"), Random(2100));

        (int exitCode, string error) = Score(bench, $"{server.Address}?job={job}", "list.txt");

        Assert.AreEqual(5, exitCode, error);
        CollectionAssert.AreEqual(new[] { "2100" }, server.Query($"SELECT octet_length(path) FROM image_scores WHERE job = '{job}'").ToArray());
    }

    private static string Random(int length) => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", length);

    private static ScoringBench NewBench()
    {
        var bench = new ScoringBench(1);
        bench.WriteModel();
        return bench;
    }

    private static (int ExitCode, string Error) Score(ScoringBench bench, string address, string input = "photos") =>
        ScoreProcess.Run(bench.Folder, "model.zip", input, "--output", address);
}
