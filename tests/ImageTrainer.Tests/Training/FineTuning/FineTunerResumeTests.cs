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
        CheckpointContent kept = Checkpoint.Read(options.CheckpointFolder!)!;
        Checkpoint.Write(options.CheckpointFolder!, kept.State with { BatchSize = 2 }, kept.Tensors, kept.Best);

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
        string onAll = Checkpoint.FolderOnAll(options.CheckpointFolder!);
        File.Copy(Path.Combine(options.CheckpointFolder!, Checkpoint.FileName), Path.Combine(onAll, Checkpoint.FileName), overwrite: true);

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
        File.Delete(Path.Combine(options.CheckpointFolder!, Checkpoint.FileName));
        using var source = new CancellationTokenSource();
        tuning.Listener = news =>
        {
            if (news is TrainingProgress.EpochFinished { Epoch.Number: 1 }) source.Cancel();
        };

        tuning.Tune(options, source.Token);

        Assert.IsFalse(Directory.Exists(Checkpoint.FolderOnAll(options.CheckpointFolder!)));
    }

    private static FineTuningOptions Quick(TrainingBench bench) =>
        new() { EpochCount = 3, BatchSize = 4, Interpolation = 1, Optimizer = Optimizer.Sgd, LearningRate = 0.03, CheckpointFolder = bench.Combine("checkpoint"), Resume = true };
}
