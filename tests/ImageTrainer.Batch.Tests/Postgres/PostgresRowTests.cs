using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Tests.Postgres;

/// <summary>What a row holds where a list brings what PostgreSQL's types do not take.</summary>
[TestClass]
public sealed class PostgresRowTests
{
    [TestMethod]
    [DataRow("""{"x":1e999999}""", "1e999999")]
    [DataRow("""{"x":1e-20000}""", "1e-20000")]
    [DataRow("""{"x":{"a":"\ud800"}}""", """{"a":"\ud800"}""")]
    [DataRow("""{"x":["a\u0000"]}""", """["a\u0000"]""")]
    [DataRow("""{"x":"a\u0000"}""", "a\uFFFD")]
    [DataRow("""{"x":"C:\\u0000dir"}""", @"C:\u0000dir")]
    [DataRow("""{"x":["C:\\u0000dir"]}""", """["C:\\u0000dir"]""")]
    [DataRow("""{"x":1e3}""", "1000")]
    [DataRow("""{"x":1,"x":2}""", "1")]
    public void Score_ColumnInAList_KeepsTheValue(string columns, string expected)
    {
        string job = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(columns)));

        IReadOnlyList<string> rows = ScoreList(job, $$"""{"path":"photos/disc/00.png",{{columns[1..]}}""", "path, columns->>'x', error");

        CollectionAssert.AreEqual(new[] { $"photos/disc/00.png|{expected}|" }, rows.ToArray());
    }

    [TestMethod]
    public void Score_NameOfAColumnWithNul_IsReplaced()
    {
        IReadOnlyList<string> rows = ScoreList("nul", """{"path":"photos/disc/00.png","a\u0000":1}""", "columns::text");

        CollectionAssert.AreEqual(new[] { "{\"a\uFFFD\": 1}" }, rows.ToArray());
    }

    [TestMethod]
    public void Score_LongPath_HasAShortKeyAndTheWholePathInColumns()
    {
        string path = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i:x4}"));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)));

        IReadOnlyList<string> rows = ScoreList("long", $$"""{"path":"{{path}}","x":1}""", "path, columns->>'path', columns->>'x', error IS NULL");

        CollectionAssert.AreEqual(new[] { $"{path[..500]}…{hash}|{path}|1|False" }, rows.ToArray());
    }

    [TestMethod]
    public void Score_LettersThatTheDatabaseLacks_NamesTheRows()
    {
        PostgresServer server = PostgresServer.Shared;
        server.Query("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        using var bench = new ScoringBench(1);
        bench.WriteModel();
        File.WriteAllLines(bench.Combine("list.txt"), ["ä.png", "漢.png", "z.png"]);

        (int exitCode, string error) = ScoreProcess.Run(
            bench.Folder, "model.zip", "list.txt", "--output", new Uri(new Uri(server.Address), "latin").ToString());

        Assert.AreEqual(1, exitCode, error);
        StringAssert.Contains(error, "has no equivalent in encoding \"LATIN1\", in a row from 'ä.png' to 'z.png'; what is committed stands");
    }

    private static IReadOnlyList<string> ScoreList(string job, string line, string columns)
    {
        PostgresServer server = PostgresServer.Shared;
        using var bench = new ScoringBench(1);
        bench.WriteModel();
        File.WriteAllText(bench.Combine("list.jsonl"), line);

        (int exitCode, string error) = ScoreProcess.Run(bench.Folder, "model.zip", "list.jsonl", "--output", $"{server.Address}?job={job}");

        Assert.IsTrue(exitCode is 0 or 5, error);
        return server.Query($"SELECT {columns} FROM image_scores WHERE job = '{job}'");
    }
}
