using System.IO.Pipes;
using System.Text;
using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Merging;
using ImageTrainer.Batch.Output;

namespace ImageTrainer.Tests;

/// <summary>Jobs whose paths come in a stream, which is known only as it is read.</summary>
[TestClass]
public sealed class StreamTests
{
    private static readonly ScoringOptions Resume = new() { Resume = true };

    [TestMethod]
    public void Resume_StoppedStream_GivesTheBytesOfTheWhole()
    {
        using var bench = new ScoringBench();
        string[] paths = [.. Paths(bench, 20), "/missing.png", .. Paths(bench, 10)];
        bench.ScoreStream("whole.csv", new ScoringOptions(), paths);
        Assert.ThrowsExactly<TooManyErrorsException>(
            () => bench.ScoreStream("scores.csv", new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") }, paths));

        ScoringSummary summary = bench.ScoreStream("scores.csv", Resume, paths);

        Assert.AreEqual(24, summary.ResumedCount);
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("scores.csv")));
    }

    [TestMethod]
    public void Resume_FinishedStream_ChangesNothing()
    {
        using var bench = new ScoringBench();
        bench.ScoreStream("scores.csv", new ScoringOptions(), Paths(bench, 5));

        ScoringSummary summary = bench.ScoreStream("scores.csv", Resume, Paths(bench, 5));

        Assert.AreEqual(5, summary.ResumedCount);
        Assert.AreEqual(6, bench.Lines("scores.csv").Length);
    }

    [TestMethod]
    [DataRow(3, "the first 5 images were scored already and do not come again", "0")]
    [DataRow(4, "the first 5 images were scored already and do not come again")]
    [DataRow(5, "the job is finished, and behind its 5 images more come", "0")]
    public void Resume_FinishedStreamWithOtherPaths_IsRefused(int sameCount, string message, params string[] more)
    {
        using var bench = new ScoringBench();
        bench.ScoreStream("scores.csv", new ScoringOptions(), Paths(bench, 5));
        byte[] before = File.ReadAllBytes(bench.Combine("scores.csv"));

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(
            () => bench.ScoreStream("scores.csv", Resume, [.. Paths(bench, sameCount), .. more]));

        Assert.AreEqual(ScoringRefusal.Different, refused.Refusal);
        StringAssert.Contains(refused.Message, message);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(bench.Combine("scores.csv")));
    }

    [TestMethod]
    public void Resume_StoppedAtItsEndWithOtherPaths_IsRefused()
    {
        using var bench = new ScoringBench();
        var strict = new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") };
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.ScoreStream("scores.csv", strict, [.. Paths(bench, 3), "/missing.png"]));

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.ScoreStream("scores.csv", Resume, Paths(bench, 4)));

        StringAssert.Contains(refused.Message, "the first 4 images were scored already and do not come again");
    }

    [TestMethod]
    public void Resume_SharesOfAStream_ChangesNothingAndTheyMerge()
    {
        using var bench = new ScoringBench();
        string[] paths = [.. Paths(bench, 12), "/missing.png"];
        bench.ScoreStream("whole.csv", new ScoringOptions(), paths);

        for (int run = 0; run < 2; run++)
        {
            bench.ScoreStream("part-0.csv", Resume with { Shard = new ScoringShard(0, 2) }, paths);
            bench.ScoreStream("part-1.csv", Resume with { Shard = new ScoringShard(1, 2) }, paths);
        }

        ShardMerge.Run(bench.Combine("merged.csv"), [bench.Combine("part-0.csv"), bench.Combine("part-1.csv")]);
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("merged.csv")));
    }

    [TestMethod]
    public async Task Score_StreamThatPauses_CommitsMeanwhile()
    {
        using var bench = new ScoringBench();
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        Task<ScoringSummary> job = Task.Run(() => bench.ScoreStream("scores.csv", new ScoringOptions(), reader, ["-"]));

        writer.Write(Encoding.UTF8.GetBytes(string.Join('\n', [.. Paths(bench, 8), ""])));
        var partial = new FileInfo(bench.Combine("scores.csv.partial"));
        bool isCommitted = SpinWait.SpinUntil(
            () =>
            {
                partial.Refresh();
                return partial.Exists && partial.Length > 0;
            },
            TimeSpan.FromSeconds(30));
        writer.Dispose();

        Assert.AreEqual(8, (await job).RowCount);
        Assert.IsTrue(isCommitted);
    }

    [TestMethod]
    public void Score_StreamThatTurnsOutNoText_IsAnInputErrorEachTime()
    {
        const int RunCount = 300;
        // More than a reader's buffer before what is no text, so that every stage is at work when it comes.
        byte[] content = [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 999) + "\n", 100))), 0xFF, 0x0A];
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = ScoringBench.LoadEngine();
        var scorer = new BatchScorer(engine, "0123456789abcdef");

        for (int run = 0; run < RunCount; run++)
        {
            using var sink = new FileSink(folder.Combine($"{run}.csv"), RowFormat.Csv);
            var input = ScoringInput.Parse(["-"], () => new MemoryStream(content));
            Assert.ThrowsExactly<ScoringInputException>(
                () => scorer.Score(input, sink, new ScoringOptions(), progress: null, CancellationToken.None), $"run {run}");
        }
    }

    [TestMethod]
    public void Score_ListBesideAStream_PassesItsColumnsThrough()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.csv"), "id,path\n7,photos/disc/00.png\n");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Paths(bench, 2)[1]));

        bench.ScoreStream("scores.csv", new ScoringOptions(), stream, ["-", bench.Combine("list.csv")]);

        string[] lines = bench.Lines("scores.csv");
        Assert.AreEqual("path,id,predictedLabel,probability,error,modelSha256", lines[0]);
        StringAssert.Contains(lines[1], "square/00.png,,");
        StringAssert.StartsWith(lines[2], "photos/disc/00.png,7,");
    }

    [TestMethod]
    public void Score_ListBesideAStreamWithAColumnOfTheOutputs_IsRefused()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.csv"), "error,path\n7,photos/disc/00.png\n");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(
            () => bench.ScoreStream("scores.csv", new ScoringOptions(), Stream.Null, ["-", bench.Combine("list.csv")]));

        StringAssert.Contains(refused.Message, "has a column 'error'");
    }

    [TestMethod]
    public void Resume_ListBesideAStreamWithOtherColumns_IsRefused()
    {
        using var bench = new ScoringBench(1);
        string list = bench.Combine("list.csv");
        File.WriteAllText(list, "id,path\n");
        bench.ScoreStream("scores.csv", new ScoringOptions(), Stream.Null, ["-", list]);
        File.WriteAllText(list, "name,path\na,photos/disc/00.png\n");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.ScoreStream("scores.csv", Resume, Stream.Null, ["-", list]));

        StringAssert.Contains(refused.Message, "the lists beside the stream have other columns");
    }

    // Of 12 pictures, over and over.
    private static string[] Paths(ScoringBench bench, int count)
    {
        string[] pictures = [.. Directory.GetFiles(bench.Photos, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return [.. Enumerable.Range(0, count).Select(i => pictures[i % pictures.Length])];
    }
}
