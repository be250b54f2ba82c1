using System.Text.Json;
using ImageTrainer.Batch;

namespace ImageTrainer.Tests;

[TestClass]
public sealed class BatchScorerTests
{
    [TestMethod]
    public void Score_Folder_GivesEveryImageTheRowThatPredictGives()
    {
        using var bench = new ScoringBench();

        ScoringSummary summary = bench.Score("scores.jsonl", new ScoringOptions { Format = RowFormat.Jsonl, TopCount = 3 });

        using ImagePredictionEngine engine = ScoringBench.LoadEngine();
        string[] paths = [.. Directory.GetFiles(bench.Photos, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        JsonElement[] rows = [.. bench.Lines("scores.jsonl").Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.AreEqual(12, summary.RowCount);
        Assert.AreEqual(0, summary.ErrorCount);
        Assert.AreEqual(paths.Length, rows.Length);
        for (int i = 0; i < paths.Length; i++)
        {
            ImagePrediction expected = engine.Predict(paths[i]);
            Assert.AreEqual(paths[i], rows[i].GetProperty("path").GetString());
            Assert.AreEqual(expected.PredictedLabel, rows[i].GetProperty("predictedLabel").GetString());
            Assert.AreEqual(expected.Probability, rows[i].GetProperty("probability").GetSingle());
            Assert.AreEqual(expected.TopK(3)[2].Label, rows[i].GetProperty("topK")[2].GetProperty("label").GetString());
            Assert.AreEqual("0123456789abcdef", rows[i].GetProperty("modelSha256").GetString());
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(8)]
    [DataRow(64)]
    public void Score_AnyBatchSize_GivesTheSameBytes(int batchSize)
    {
        using var bench = new ScoringBench();

        bench.Score("four.csv", new ScoringOptions { BatchSize = 4, IncludeEmbeddings = true });
        bench.Score("other.csv", new ScoringOptions { BatchSize = batchSize, IncludeEmbeddings = true });

        Assert.AreEqual(File.ReadAllText(bench.Combine("four.csv")), File.ReadAllText(bench.Combine("other.csv")));
    }

    [TestMethod]
    public void Score_BadImagesAmongGood_GivesRowsWithReasons()
    {
        using var bench = new ScoringBench();
        File.WriteAllText(bench.Combine("note, \"quoted\".png"), "no image");
        string list = bench.WriteList("list.txt", 5, "note, \"quoted\".png", "missing.png", "photos/disc/00.png");

        ScoringSummary summary = bench.Score("scores.csv", null, list);

        string[] lines = bench.Lines("scores.csv");
        Assert.AreEqual(2, summary.ErrorCount);
        Assert.AreEqual("path,predictedLabel,probability,error,modelSha256", lines[0]);
        StringAssert.StartsWith(lines[6], "\"note, \"\"quoted\"\".png\",,,\"its content is no image format");
        Assert.AreEqual("missing.png,,,there is no such file,0123456789abcdef", lines[7]);
        StringAssert.Matches(lines[8], new(@"^photos/disc/00\.png,[a-z ]+,0\.\d+,,0123456789abcdef$"));
        Assert.AreEqual(3, bench.Lines("scores.csv.errors.csv").Length);
        Assert.AreEqual("missing.png,there is no such file", bench.Lines("scores.csv.errors.csv")[2]);
    }

    [TestMethod]
    public void Score_NoBadImages_LeavesNoFileForThem()
    {
        using var bench = new ScoringBench(1);

        bench.Score("scores.csv");

        Assert.IsFalse(File.Exists(bench.Combine("scores.csv.errors.csv")));
        Assert.IsFalse(File.Exists(bench.Combine("scores.csv.partial")));
    }

    [TestMethod]
    public void Score_ListWithColumns_PassesThemThrough()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.csv"), "id;path;note\r\n7;photos/disc/00.png;\"a;\"\"b\"\"\"\r\n8;photos/square/00.png;\r\n");

        bench.Score("scores.csv", null, bench.Combine("list.csv"));

        string[] lines = bench.Lines("scores.csv");
        Assert.AreEqual("path,id,note,predictedLabel,probability,error,modelSha256", lines[0]);
        StringAssert.StartsWith(lines[1], "photos/disc/00.png,7,\"a;\"\"b\"\"\",");
        StringAssert.StartsWith(lines[2], "photos/square/00.png,8,,");
    }

    [TestMethod]
    public void Score_JsonListIntoJson_KeepsTypes()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.jsonl"), "{\"id\": 7, \"path\": \"photos/disc/00.png\", \"tags\": [\"a\", null], \"s\": \"é\"}\n");

        bench.Score("scores.jsonl", new ScoringOptions { Format = RowFormat.Jsonl }, bench.Combine("list.jsonl"));

        JsonElement row = JsonDocument.Parse(bench.Lines("scores.jsonl").Single()).RootElement;
        Assert.AreEqual(7, row.GetProperty("id").GetInt32());
        Assert.AreEqual("[\"a\", null]", row.GetProperty("tags").GetRawText());
        Assert.AreEqual("é", row.GetProperty("s").GetString());
    }

    [TestMethod]
    public void Score_Embeddings_AreTheFeatures()
    {
        using var bench = new ScoringBench(1);

        bench.Score("scores.jsonl", new ScoringOptions { Format = RowFormat.Jsonl, IncludeEmbeddings = true });

        JsonElement row = JsonDocument.Parse(bench.Lines("scores.jsonl")[0]).RootElement;
        float[] features = [.. row.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];
        Assert.AreEqual(512, features.Length);
        Assert.IsTrue(features.Any(feature => feature > 0.01f));
    }

    [TestMethod]
    public void Score_TooManyErrors_StopsAndGoesOnWithAHigherLimit()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 8, [.. Enumerable.Range(0, 20).Select(i => $"missing{i}.png"), "photos/disc/01.png"]);
        var options = new ScoringOptions { MaxErrors = ErrorLimit.Parse("5") };

        var stopped = Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", options, list));
        ScoringSummary summary = bench.Score("scores.csv", options with { MaxErrors = ErrorLimit.Parse("90%"), Resume = true }, list);
        bench.Score("whole.csv", null, list);

        Assert.AreEqual(8, stopped.ErrorCount);
        Assert.AreEqual(16, stopped.RowCount);
        Assert.AreEqual(16, summary.ResumedCount);
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("scores.csv")));
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv.errors.csv")), File.ReadAllText(bench.Combine("scores.csv.errors.csv")));
    }

    [TestMethod]
    public void Resume_TooManyErrorsAlready_StopsAgain()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 1, "missing.png", "photos/disc/01.png");
        var strict = new ScoringOptions { Resume = true, MaxErrors = ErrorLimit.Parse("0") };
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", strict, list));

        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", strict, list));
        Assert.IsFalse(File.Exists(bench.Combine("scores.csv")));
        bench.Score("scores.csv", strict with { MaxErrors = ErrorLimit.Parse("1") }, list);

        var stopped = Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", strict, list));
        Assert.AreEqual(1, stopped.ErrorCount);
    }

    [TestMethod]
    public void Score_Cancelled_CommitsWhatIsWrittenAndGoesOn()
    {
        using var bench = new ScoringBench();
        string list = bench.WriteList("list.txt", 400);
        using var stop = new CancellationTokenSource();
        var progress = new Recorder<ScoringProgress>(value =>
        {
            if (value.DoneCount >= 40) stop.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => bench.Score("scores.csv", null, [list], progress: progress, cancellationToken: stop.Token));
        long done = progress.Items[^1].DoneCount;
        ScoringSummary summary = bench.Score("scores.csv", new ScoringOptions { Resume = true }, list);
        bench.Score("whole.csv", null, list);

        Assert.AreEqual(done, summary.ResumedCount);
        Assert.AreEqual(400, summary.RowCount);
        Assert.AreEqual(File.ReadAllText(bench.Combine("whole.csv")), File.ReadAllText(bench.Combine("scores.csv")));
    }

    [TestMethod]
    public void Score_FinishedJobResumed_ChangesNothing()
    {
        using var bench = new ScoringBench();
        bench.Score("scores.csv");
        byte[] before = File.ReadAllBytes(bench.Combine("scores.csv"));

        ScoringSummary summary = bench.Score("scores.csv", new ScoringOptions { Resume = true });

        Assert.AreEqual(12, summary.ResumedCount);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(bench.Combine("scores.csv")));
    }

    [TestMethod]
    public void Score_StageTimes_NameEveryStage()
    {
        using var bench = new ScoringBench();

        ScoringSummary summary = bench.Score("scores.csv");

        string[] names = [.. summary.Stages.Select(stage => stage.Name)];
        CollectionAssert.AreEqual(new[] { "list", "read", "decode", "network", "write" }, names);
        Assert.IsTrue(summary.Stages[3].Busy > TimeSpan.Zero);
    }
}
