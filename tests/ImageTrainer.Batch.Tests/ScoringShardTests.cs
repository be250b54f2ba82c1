using ImageTrainer.Batch;

namespace ImageTrainer.Tests;

[TestClass]
public sealed class ScoringShardTests
{
    private const int PathCount = 100_000;

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(7)]
    [DataRow(64)]
    public void Has_ManyPaths_GivesEqualSharesThatMissNothing(int count)
    {
        string[] paths = [.. Enumerable.Range(0, PathCount).Select(i => $"photos/{i % 100:00}/image-{i:000000}.jpg")];

        int[] shares = [.. Enumerable.Range(0, count).Select(index => paths.Count(new ScoringShard(index, count).Has))];

        Assert.AreEqual(PathCount, shares.Sum());
        foreach (int share in shares) Assert.AreEqual(PathCount / (double)count, share, 0.01 * PathCount);
    }

    [TestMethod]
    public void Has_KnownPaths_IsTheirSha256ModuloN()
    {
        string[] paths = ["a.jpg", "photos/b.jpg", "横/c.png", new string('x', 5000)];

        int[] shares = [.. paths.Select(path => Enumerable.Range(0, 1000).Single(index => new ScoringShard(index, 1000).Has(path)))];

        CollectionAssert.AreEqual(new[] { 696, 172, 477, 893 }, shares);
    }

    [TestMethod]
    [DataRow("4/4")]
    [DataRow("-1/4")]
    [DataRow("1")]
    [DataRow("1/0")]
    [DataRow("a/b")]
    [DataRow("1/2/3")]
    public void Parse_Nonsense_Throws(string text)
    {
        var exception = Assert.ThrowsExactly<FormatException>(() => ScoringShard.Parse(text));

        StringAssert.Contains(exception.Message, $"'{text}' is no shard");
    }

    [TestMethod]
    [DataRow("2/4", "SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_ARRAY_TASK_MIN=0")]
    [DataRow("0/4", "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_ARRAY_TASK_MIN=1")]
    [DataRow("3/5", "JOB_COMPLETION_INDEX=3", "JOB_COMPLETIONS=5")]
    [DataRow("0/2", "AWS_BATCH_JOB_ARRAY_INDEX=0", "AWS_BATCH_JOB_ARRAY_SIZE=2")]
    [DataRow("12/20", "AZ_BATCH_TASK_ID=task-12", "AZ_BATCH_TASK_COUNT=20")]
    public void FromEnvironment_Scheduler_FindsTheShare(string expected, params string[] variables)
    {
        ScoringShard shard = ScoringShard.FromEnvironment(Lookup(variables));

        Assert.AreEqual(expected, shard.ToString());
    }

    [TestMethod]
    [DataRow("none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX")]
    [DataRow("JOB_COMPLETION_INDEX is set and JOB_COMPLETIONS is not", "JOB_COMPLETION_INDEX=3")]
    [DataRow("AWS_BATCH_JOB_ARRAY_INDEX is '5' and AWS_BATCH_JOB_ARRAY_SIZE is '2'", "AWS_BATCH_JOB_ARRAY_INDEX=5", "AWS_BATCH_JOB_ARRAY_SIZE=2")]
    [DataRow("AZ_BATCH_TASK_ID is 'task'", "AZ_BATCH_TASK_ID=task", "AZ_BATCH_TASK_COUNT=20")]
    [DataRow("SLURM_ARRAY_TASK_ID is '-1'", "SLURM_ARRAY_TASK_ID=-1", "SLURM_ARRAY_TASK_COUNT=3")]
    [DataRow("SLURM_ARRAY_TASK_COUNT is 'x'", "SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_COUNT=x")]
    public void FromEnvironment_Nonsense_SaysWhich(string message, params string[] variables)
    {
        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => ScoringShard.FromEnvironment(Lookup(variables)));

        StringAssert.Contains(refused.Message, message);
    }

    private static Func<string, string?> Lookup(string[] variables) =>
        variables.Select(variable => variable.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]).GetValueOrDefault;
}
