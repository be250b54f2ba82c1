using ImageTrainer.Batch;
using ImageTrainer.Batch.Merging;
using ImageTrainer.Batch.Output;

namespace ImageTrainer.Tests.Merging;

[TestClass]
public sealed class ShardMergeTests
{
    [TestMethod]
    [DataRow(1, RowFormat.Csv)]
    [DataRow(2, RowFormat.Jsonl)]
    [DataRow(7, RowFormat.Csv)]
    [DataRow(7, RowFormat.Jsonl)]
    [DataRow(64, RowFormat.Csv)]
    public void Run_AllShards_GivesTheBytesOfTheWhole(int count, RowFormat format)
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 150, "missing.png", "photos/disc/01.png", "also, \"missing\".png");
        var options = new ScoringOptions { Format = format, TopCount = 2 };
        bench.Score("whole", options, list);
        string[] parts = [.. Enumerable.Range(0, count).Select(index => ScorePart(bench, list, options with { Shard = new ScoringShard(index, count) }))];

        long rows = ShardMerge.Run(bench.Combine("merged"), [.. parts.Reverse(), .. parts.Select(part => part + ".errors.csv")]);

        Assert.AreEqual(153, rows);
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole")), File.ReadAllText(bench.Combine("merged")));
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.errors.csv")), File.ReadAllText(bench.Combine("merged.errors.csv")));
    }

    [TestMethod]
    public void Run_PartsThatDoNotBelongTogether_IsRefused()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 24);
        string other = bench.WriteList("other.txt", 25);
        string zero = ScorePart(bench, list, Part(0, 2));
        string one = ScorePart(bench, list, Part(1, 2));
        string oneOfThree = ScorePart(bench, list, Part(1, 3));
        string oneTop = ScorePart(bench, list, Part(1, 2) with { TopCount = 3 });
        string oneOther = ScorePart(bench, other, Part(1, 2));

        Refuse(bench, "these are missing: 1", zero);
        Refuse(bench, "are both shard 0/2", zero, one, zero);
        Refuse(bench, "the N of --shard I/N was 2 and is 3", zero, oneOfThree);
        Refuse(bench, "--top was 1 and is 3", zero, oneTop);
        Refuse(bench, "the input had 24 images and has 25", zero, oneOther);
        Refuse(bench, "has no journal", zero, list);
        File.AppendAllText(one, "more\n");
        Refuse(bench, "has another length than its job gave it", zero, one);
        Assert.IsFalse(File.Exists(bench.Combine("merged")));
    }

    [TestMethod]
    public void Run_UnfinishedPart_IsRefused()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 24, "missing.png");
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("part", new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") }, list));

        Refuse(bench, "is not finished; run its job again with --resume", bench.Combine("part"));
    }

    [TestMethod]
    public void Run_OutputIsThere_IsRefused()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");
        File.WriteAllText(bench.Combine("merged"), "mine");

        Refuse(bench, "is there already", bench.Combine("part"));

        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("merged")));
    }

    [TestMethod]
    public void Run_ErrorsFileMissingOrCut_IsRefused()
    {
        using var bench = new ScoringBench(1);
        string list = bench.WriteList("list.txt", 3, "missing.png");
        string[] parts = [ScorePart(bench, list, Part(0, 2)), ScorePart(bench, list, Part(1, 2))];
        string errors = parts.Select(part => part + ".errors.csv").Single(File.Exists);
        string content = File.ReadAllText(errors);

        File.WriteAllText(errors, content[..^1]);
        Refuse(bench, $"'{errors}' has another length", parts);
        File.Delete(errors);
        Refuse(bench, $"'{errors}' is missing, which holds the errors of ", parts);

        Assert.IsEmpty(Directory.GetFiles(bench.Folder, "merged*"));
    }

    [TestMethod]
    public void Run_OutputOfABegunJob_IsRefusedAndKept()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");
        string list = bench.WriteList("list.txt", 300, "missing.png");
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("merged", new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") }, list));
        byte[] rows = File.ReadAllBytes(bench.Combine("merged.partial"));

        Refuse(bench, "A job for", bench.Combine("part"));

        Assert.IsNotEmpty(rows);
        CollectionAssert.AreEqual(rows, File.ReadAllBytes(bench.Combine("merged.partial")));
    }

    [TestMethod]
    public void Run_AnotherProcessWritesTheOutput_IsRefused()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");
        using var other = new FileStream(bench.Combine("merged.journal"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Refuse(bench, "Another process is writing", bench.Combine("part"));
    }

    [TestMethod]
    public void Run_Cancelled_LeavesNothingThatKeepsTheNextOneOut()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part", new ScoringOptions { IncludeEmbeddings = true }, bench.WriteList("list.txt", 2000));

        Assert.ThrowsExactly<OperationCanceledException>(() => ShardMerge.Run(bench.Combine("merged"), [bench.Combine("part")], new CancellationToken(true)));
        long rowCount = ShardMerge.Run(bench.Combine("merged"), [bench.Combine("part")]);

        Assert.AreEqual(2000, rowCount);
    }

    [TestMethod]
    public void Run_InputChangedWhileAPartWasScored_IsRefused()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteLongList("list.txt", 300);
        string before = File.ReadAllText(list);
        var progress = new Recorder<ScoringProgress>(value =>
        {
            if (value.DoneCount == 4) File.AppendAllText(list, before);
        });
        bench.Score("one", Part(1, 2), list);
        string? notice = bench.Score("zero", Part(0, 2), [list], progress: progress).Notice;
        File.WriteAllText(list, before);

        string? again = bench.Score("zero", Part(0, 2) with { Resume = true }, list).Notice;

        Assert.AreEqual("The input changed while it was scored: 300 images at first, 600 when they were listed.", notice);
        Assert.AreEqual(notice, again);
        Refuse(bench, $"the input changed while '{bench.Combine("zero")}' was scored", bench.Combine("zero"), bench.Combine("one"));
    }

    [TestMethod]
    public void Run_ErrorsFileOfSomeoneElse_IsRefusedAndKept()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");
        File.WriteAllText(bench.Combine("merged.errors.csv"), "mine");

        Refuse(bench, "is there without a journal", bench.Combine("part"));

        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("merged.errors.csv")));
    }

    [TestMethod]
    public void Run_MergeBeforeWasKilled_BeginsAnewAndNoJobGoesOnWithIt()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");
        bench.Score("whole");
        JobIdentity identity = Journal.Read(File.ReadAllBytes(bench.Combine("part.journal"))).Identity!;
        using (AppendedFile journal = AppendedFile.Open(bench.Combine("merged.journal"))) Journal.Begin(journal, identity with { IsMerge = true });
        foreach (string file in (string[])["merged.partial", "merged.errors.csv"]) File.WriteAllText(bench.Combine(file), "half");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("merged", new ScoringOptions { Resume = true }));
        ShardMerge.Run(bench.Combine("merged"), [bench.Combine("part")]);
        ScoringSummary resumed = bench.Score("merged", new ScoringOptions { Resume = true });

        StringAssert.Contains(refused.Message, "run `score merge` again");
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole")), File.ReadAllText(bench.Combine("merged")));
        Assert.IsFalse(File.Exists(bench.Combine("merged.errors.csv")));
        Assert.AreEqual(3, resumed.ResumedCount);
    }

    [TestMethod]
    public void Run_NoParts_IsTheCallersMistake() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ShardMerge.Run("merged", []));

    [TestMethod]
    public void Run_PlaceThatCannotBeWritten_IsRefused()
    {
        using var bench = new ScoringBench(1);
        bench.Score("part");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => ShardMerge.Run(bench.Combine("part", "merged"), [bench.Combine("part")]));

        Assert.AreEqual(ScoringRefusal.NotWritable, refused.Refusal);
    }

    private static ScoringOptions Part(int index, int count) => new() { Shard = new ScoringShard(index, count) };

    private static string ScorePart(ScoringBench bench, string list, ScoringOptions options)
    {
        string name = $"{Path.GetFileName(list)}-{options.Shard.Index}-{options.Shard.Count}-{options.TopCount}";
        bench.Score(name, options, list);
        return bench.Combine(name);
    }

    private static void Refuse(ScoringBench bench, string message, params string[] parts)
    {
        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => ShardMerge.Run(bench.Combine("merged"), parts));
        StringAssert.Contains(refused.Message, message);
    }
}
