using System.IO.Pipes;
using ImageTrainer.Batch;

namespace ImageTrainer.Tests;

/// <summary>What must not be started, resumed or written over.</summary>
[TestClass]
public sealed class RefusalTests
{
    [TestMethod]
    public void Score_OutputIsThere_IsRefused()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("scores.csv"), "mine");

        Refuse(bench, ScoringRefusal.OutputExists, "is there already", new ScoringOptions());
        Refuse(bench, ScoringRefusal.NotAJob, "has no journal beside it", new ScoringOptions { Resume = true });

        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("scores.csv")));
    }

    [TestMethod]
    public void Score_ForeignJournal_IsRefusedAndKept()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("scores.csv.journal"), "dear diary\n");

        Refuse(bench, ScoringRefusal.NotAJob, "is no journal of such a job", new ScoringOptions());

        Assert.AreEqual("dear diary\n", File.ReadAllText(bench.Combine("scores.csv.journal")));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Score_OutputBesideAnEmptyJournal_IsRefusedAndKept(bool resume)
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("scores.csv.journal"), "");
        File.WriteAllText(bench.Combine("scores.csv"), "mine");

        Refuse(bench, resume ? ScoringRefusal.NotAJob : ScoringRefusal.OutputExists, "'", new ScoringOptions { Resume = resume });

        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("scores.csv")));
    }

    [TestMethod]
    [DataRow("scores.csv.partial", true)]
    [DataRow("scores.csv.partial", false)]
    [DataRow("scores.csv.errors.csv", true)]
    public void Score_FileOfAJobWithoutJournal_IsRefusedAndKept(string file, bool resume)
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine(file), "mine");

        Refuse(bench, ScoringRefusal.NotAJob, $"'{bench.Combine(file)}' is there without a journal", new ScoringOptions { Resume = resume });

        CollectionAssert.AreEqual(new[] { bench.Combine(file) }, Directory.GetFiles(bench.Folder));
        Assert.AreEqual("mine", File.ReadAllText(bench.Combine(file)));
    }

    [TestMethod]
    public void Resume_OutputThatTheJobHasNotMadeYet_IsRefusedAndKept()
    {
        using var bench = new ScoringBench(1);
        string list = bench.WriteList("list.txt", 3, "missing.png");
        var strict = new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") };
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", strict, list));
        File.WriteAllText(bench.Combine("scores.csv"), "mine");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", new ScoringOptions { Resume = true }, list));

        StringAssert.Contains(refused.Message, "it is someone else's");
        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("scores.csv")));
    }

    [TestMethod]
    [DataRow("scores.csv", 20, "has another length than its finished job gave it")]
    [DataRow("scores.csv.errors.csv", 20, "has another length than its finished job gave it")]
    [DataRow("scores.csv.errors.csv", 0, "is missing, and its job is finished")]
    public void Resume_FinishedOutputThatWasChanged_IsRefused(string file, int length, string message)
    {
        using var bench = new ScoringBench(1);
        string list = bench.WriteList("list.txt", 3, "missing.png");
        bench.Score("scores.csv", null, list);
        byte[] content = File.ReadAllBytes(bench.Combine(file));
        File.Delete(bench.Combine(file));
        if (length > 0) File.WriteAllBytes(bench.Combine(file), content[..length]);

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", new ScoringOptions { Resume = true }, list));

        StringAssert.StartsWith(refused.Message, $"'{bench.Combine(file)}' {message}; put it back, or delete '{bench.Combine("scores.csv")}'");
    }

    [TestMethod]
    public void Resume_FinishedJobBesideAnothersErrorsFile_KeepsIt()
    {
        using ScoringBench bench = Begun();
        File.WriteAllText(bench.Combine("scores.csv.errors.csv"), "mine");

        bench.Score("scores.csv", new ScoringOptions { Resume = true });

        Assert.AreEqual("mine", File.ReadAllText(bench.Combine("scores.csv.errors.csv")));
    }

    [TestMethod]
    [DataRow("ln -s /dev/full scores.csv", "is a device, and no file can take its place; name another output")]
    [DataRow("mkfifo scores.csv", "is a pipe, and no file can take its place; name another output")]
    public void Score_DeviceOrPipe_IsRefused(string make, string message)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Folders hold no devices there.");
        using var bench = new ScoringBench(1);
        bench.Shell(make);

        Refuse(bench, ScoringRefusal.Impossible, message, new ScoringOptions { Resume = true });
    }

    [TestMethod]
    public void Score_PipeWithoutAName_IsRefused()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Open files have no paths there.");
        using var bench = new ScoringBench(1);
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        File.CreateSymbolicLink(bench.Combine("scores.csv"), $"/proc/self/fd/{pipe.SafePipeHandle.DangerousGetHandle()}");

        Refuse(bench, ScoringRefusal.Impossible, "is a pipe, and no file can take its place", new ScoringOptions());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Resume_ImagesThatWereScoredAreGone_IsRefused(bool isOlderJournal)
    {
        using var bench = new ScoringBench();
        string list = bench.WriteLongList("list.txt", 200);
        string before = File.ReadAllText(list);
        using var stop = new CancellationTokenSource();
        var progress = new Recorder<ScoringProgress>(value =>
        {
            if (value.DoneCount == 4) File.AppendAllText(list, before);
            if (value.DoneCount >= 300) stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => bench.Score("scores.csv", null, [list], progress: progress, cancellationToken: stop.Token));
        File.WriteAllText(list, before);
        if (isOlderJournal) bench.RewriteJournal("scores.csv", entry => entry with { Progress = entry.Progress with { InputPrefixSha256 = null } });

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", new ScoringOptions { Resume = true }, list));

        Assert.AreEqual(ScoringRefusal.Different, refused.Refusal);
        StringAssert.Contains(refused.Message, "images were scored already and do not come again");
    }

    [TestMethod]
    public void Resume_OtherModel_IsRefused()
    {
        using ScoringBench bench = Begun();

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score(
            "scores.csv", new ScoringOptions { Resume = true }, [bench.Photos], modelSha256: "ff00ff00ff00ff00"));

        Assert.AreEqual(ScoringRefusal.Different, refused.Refusal);
        StringAssert.Contains(refused.Message, "the model was SHA-256 0123456789ab and is SHA-256 ff00ff00ff00");
    }

    [TestMethod]
    public void Resume_OtherOptions_IsRefusedWithEachNamed()
    {
        using ScoringBench bench = Begun();

        Refuse(bench, ScoringRefusal.Different, "--top was 1 and is 2; --embeddings was False and is True",
            new ScoringOptions { Resume = true, TopCount = 2, IncludeEmbeddings = true });
        Refuse(bench, ScoringRefusal.Different, "the N of --shard I/N was 1 and is 3", new ScoringOptions { Resume = true, Shard = new ScoringShard(1, 3) });
        Refuse(bench, ScoringRefusal.Different, "--format was csv and is jsonl", new ScoringOptions { Resume = true, Format = RowFormat.Jsonl });
    }

    [TestMethod]
    public void Resume_OtherInput_IsRefused()
    {
        using ScoringBench bench = Begun();
        File.Copy(bench.Combine("photos", "disc", "00.png"), bench.Combine("photos", "disc", "new.png"));

        Refuse(bench, ScoringRefusal.Different, "the input had 3 images and has 4", new ScoringOptions { Resume = true });

        File.Delete(bench.Combine("photos", "disc", "00.png"));
        Refuse(bench, ScoringRefusal.Different, "as many images, and other paths", new ScoringOptions { Resume = true });
    }

    [TestMethod]
    public void Score_BegunJobWithoutResume_IsRefused()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.txt"), "missing.png\n");
        var options = new ScoringOptions { MaxErrors = ErrorLimit.Parse("0") };
        Assert.ThrowsExactly<TooManyErrorsException>(() => bench.Score("scores.csv", options, bench.Combine("list.txt")));

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", options, bench.Combine("list.txt")));

        StringAssert.Contains(refused.Message, "go on with --resume");
    }

    [TestMethod]
    public void Score_FinishedJobWhoseOutputIsGone_NamesTheJournalToDelete()
    {
        using ScoringBench bench = Begun();
        File.Delete(bench.Combine("scores.csv"));

        string message = $"'{bench.Combine("scores.csv")}' is gone; delete '{bench.Combine("scores.csv.journal")}' to score again.";
        Refuse(bench, ScoringRefusal.NotAJob, message, new ScoringOptions());
        Refuse(bench, ScoringRefusal.NotAJob, message, new ScoringOptions { Resume = true });
    }

    [TestMethod]
    public void Score_OutputEndsInASeparator_IsRefusedAndNothingMade()
    {
        using var bench = new ScoringBench(1);

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("new/"));

        StringAssert.Contains(refused.Message, $"is a folder; name a file, such as '{bench.Combine("new", "scores.csv")}'");
        Assert.IsFalse(Directory.Exists(bench.Combine("new")));
    }

    [TestMethod]
    public void Score_TwoJobsOnOneOutput_TheSecondIsRefused()
    {
        using var bench = new ScoringBench();
        ScoringRefusedException? refused = null;
        var progress = new Recorder<ScoringProgress>(_ => refused ??=
            Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", new ScoringOptions { Resume = true })));

        bench.Score("scores.csv", null, [bench.Photos], progress: progress);

        Assert.AreEqual(ScoringRefusal.Locked, refused!.Refusal);
        Assert.AreEqual(13, bench.Lines("scores.csv").Length);
    }

    [TestMethod]
    public void Score_ColumnOfTheOutputsOwnName_IsRefused()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("list.csv"), "path,error\nphotos/disc/00.png,none\n");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", null, bench.Combine("list.csv")));

        StringAssert.Contains(refused.Message, "has a column 'error'");
    }

    [TestMethod]
    public void Score_PlaceThatCannotBeWritten_SaysSo()
    {
        using var bench = new ScoringBench(1);
        File.WriteAllText(bench.Combine("file"), "");

        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("file/scores.csv"));

        Assert.AreEqual(ScoringRefusal.NotWritable, refused.Refusal);
        StringAssert.Matches(refused.Message, new($"^'{bench.Combine("file")}' cannot be written to \\(.+\\); make it writable, or name another output\\.$"));
    }

    [TestMethod]
    public void Score_InputThatIsNull_IsTheCallersMistake()
    {
        using var bench = new ScoringBench(1);

        Assert.ThrowsExactly<ArgumentNullException>(() => bench.Score("scores.csv", null, [null!]));
    }

    private static ScoringBench Begun()
    {
        var bench = new ScoringBench(1);
        bench.Score("scores.csv");
        return bench;
    }

    private static void Refuse(ScoringBench bench, ScoringRefusal refusal, string message, ScoringOptions options)
    {
        var refused = Assert.ThrowsExactly<ScoringRefusedException>(() => bench.Score("scores.csv", options));
        Assert.AreEqual(refusal, refused.Refusal);
        StringAssert.Contains(refused.Message, message);
    }
}
