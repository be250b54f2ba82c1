using ImageTrainer.Data;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class FineTunerResumeTests
{
    [TestMethod]
    public void Tune_ResumedWithOtherMemory_KeepsTheBatchSizeThatItBeganWith()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 12);
        FineTuningOptions options = Quick(bench) with { BatchSize = null };
        new TuningBench(train).Tune(options);
        CheckpointContent kept = Checkpoint.Read(Checkpoint.PathIn(options.CheckpointFolder!))!;
        Checkpoint.Write(Checkpoint.PathIn(options.CheckpointFolder!), kept.State with { BatchSize = 2 }, kept.Tensors, kept.Best);

        var resumed = new TuningBench(train);
        resumed.Tune(options);

        CollectionAssert.AreEqual(new[] { 2, 2 }, resumed.Told<TrainingProgress.FineTuningStarted>().Select(started => started.BatchSize).ToArray());
    }

    [TestMethod]
    public void Tune_ForeignCheckpointOfTheTrainingOnAllImages_BeginsThatOneAnew()
    {
        using var bench = new TrainingBench();
        var tuning = new TuningBench(bench.Draw("train", 12));
        FineTuningOptions options = Quick(bench);
        tuning.Tune(options);
        string onAll = Checkpoint.PathIn(options.CheckpointFolder!, isOnAll: true);
        Assert.IsTrue(File.Exists(onAll));
        File.Copy(Checkpoint.PathIn(options.CheckpointFolder!), onAll, overwrite: true);

        (_, FineTuningResult result) = tuning.Tune(options);

        Assert.IsTrue(result.IsTrainedOnAll);
    }

    [TestMethod]
    public void Tune_BegunAnew_RemovesTheCheckpointOfTheTrainingOnAllImages()
    {
        using var bench = new TrainingBench();
        var tuning = new TuningBench(bench.Draw("train", 12));
        FineTuningOptions options = Quick(bench);
        tuning.Tune(options);
        File.Delete(Checkpoint.PathIn(options.CheckpointFolder!));
        using var source = new CancellationTokenSource();
        tuning.Listener = news =>
        {
            if (news is TrainingProgress.EpochFinished { Epoch.Number: 1 }) source.Cancel();
        };

        tuning.Tune(options, source.Token);

        Assert.IsFalse(File.Exists(Checkpoint.PathIn(options.CheckpointFolder!, isOnAll: true)));
    }

    [TestMethod]
    public void Tune_CheckpointFolderWithFilesOfTheUser_LeavesThemAlone()
    {
        using var bench = new TrainingBench();
        FineTuningOptions options = Quick(bench) with { EpochCount = 1 };
        string own = Path.Combine(options.CheckpointFolder!, "all", "notes.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(own)!);
        File.WriteAllText(own, "mine");

        new TuningBench(bench.Draw("train", 4)).Tune(options);
        Checkpoint.Delete(options.CheckpointFolder!);

        CollectionAssert.AreEqual(new[] { own }, Directory.GetFiles(options.CheckpointFolder!, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Tune_CheckpointCannotBeWrittenAnyMore_SaysSoOnceAndTrainsOn()
    {
        using var bench = new TrainingBench();
        var tuning = new TuningBench(bench.Draw("train", 12));
        FineTuningOptions options = Quick(bench);
        string path = Checkpoint.PathIn(options.CheckpointFolder!);
        tuning.Listener = news =>
        {
            if (news is not TrainingProgress.EpochFinished { Epoch.Number: 1 } || Directory.Exists(path)) return;
            File.Delete(path);
            Directory.CreateDirectory(path);
        };

        (_, FineTuningResult result) = tuning.Tune(options);

        Assert.HasCount(3, result.Epochs);
        StringAssert.Contains(tuning.Told<TrainingProgress.Notice>().Single().Message, $"goes on without checkpoints, for '{path}' cannot be written");
    }

    [TestMethod]
    public void Fit_CheckpointFolderCannotBeMade_ThrowsBeforeAnyWorkIsDone()
    {
        using var bench = new TrainingBench();
        File.WriteAllText(bench.Combine("file"), "");
        FineTuningOptions options = Quick(bench) with { CheckpointFolder = bench.Combine("file") };
        var progress = new Recorder<TrainingProgress>();

        var exception = Assert.ThrowsExactly<CheckpointFolderException>(
            () => new ImageClassificationTrainer(bench.Options with { FineTuning = options }).Fit(bench.Draw("train", 2), null, progress));

        Assert.AreEqual(options.CheckpointFolder, exception.Path);
        StringAssert.Contains(exception.Message, $"'{options.CheckpointFolder}'");
        Assert.IsEmpty(progress.Items);
    }

    private static FineTuningOptions Quick(TrainingBench bench) =>
        new() { EpochCount = 3, BatchSize = 4, Interpolation = 1, Optimizer = Optimizer.Sgd, LearningRate = 0.03, CheckpointFolder = bench.Combine("checkpoint"), Resume = true };
}
