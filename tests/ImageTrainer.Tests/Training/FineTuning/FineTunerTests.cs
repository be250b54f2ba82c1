using System.Text.Json;
using ImageTrainer.Data;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Training;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class FineTunerTests
{
    [TestMethod]
    [DataRow(FineTuneStages.Stage4)]
    [DataRow(FineTuneStages.Stage3)]
    [DataRow(FineTuneStages.All)]
    public void Fit_Stages_GivesFiniteEpochsAndAModelThatPredictsAsItWasEvaluated(FineTuneStages stages)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6), test = bench.Draw("test", 4, first: 100);

        using ImageClassificationModel model = bench.Fit(train, bench.Options with { FineTuning = Quick with { Stages = stages } });

        EvaluationResult expected = model.Evaluate(test);
        model.Save(bench.Combine("model.zip"));
        AssertFinite(model.FineTuning!);
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(bench.Combine("model.zip"));
        AssertRecorded(model.FineTuning!, engine.Manifest.FineTuning);
        foreach ((LabeledImage image, ImagePrediction prediction) in expected.Images.Zip(expected.Predictions))
            Assert.AreEqual(prediction.PredictedLabel, engine.Predict(image.Path).PredictedLabel);
    }

    [TestMethod]
    [DataRow(0.9, 0.6, true, DisplayName = "More are right, at a higher loss")]
    [DataRow(0.8, 0.4, true, DisplayName = "As many are right, at a lower loss")]
    [DataRow(0.8, 0.5, false, DisplayName = "Nothing changes")]
    [DataRow(0.75, 0.4, true, DisplayName = "Fewer are right by less than a standard error, at a lower loss")]
    [DataRow(0.75, 0.6, false, DisplayName = "Fewer are right by less than a standard error, at a higher loss")]
    [DataRow(0.7, 0.1, false, DisplayName = "Fewer are right by more than a standard error, at a lower loss")]
    public void Beats_AccuracyFirst_LossWhereItIsTheSameButForChance(double accuracy, double loss, bool expected)
    {
        var frozen = new FineTuningEpoch(0, double.NaN, double.NaN, 0.5, 0.8, 0, 0, IsBest: false);

        Assert.AreEqual(expected, (frozen with { ValidationAccuracy = accuracy, ValidationLoss = loss }).Beats(frozen, imageCount: 40));
    }

    [TestMethod]
    [DataRow(0.9, 0.6, 0.65, 0.4, true, DisplayName = "Beats the frozen network, at a higher loss than the other, which does not")]
    [DataRow(0.65, 0.4, 0.9, 0.6, false, DisplayName = "The other way round")]
    [DataRow(0.8, 0.3, 0.9, 0.4, true, DisplayName = "Both beat it: the lower loss")]
    [DataRow(0.6, 0.7, 0.7, 0.6, false, DisplayName = "Neither beats it: the lower loss")]
    [DataRow(0.9, 0.4, 0.9, 0.4, false, DisplayName = "The same: the earlier one stays")]
    public void IsBetterThan_FrozenNetworkFirst_ThenLoss(double accuracy, double loss, double otherAccuracy, double otherLoss, bool expected)
    {
        var frozen = new FineTuningEpoch(0, double.NaN, double.NaN, 0.5, 0.8, 0, 0, IsBest: false);
        FineTuningEpoch epoch = frozen with { ValidationAccuracy = accuracy, ValidationLoss = loss };
        FineTuningEpoch other = frozen with { ValidationAccuracy = otherAccuracy, ValidationLoss = otherLoss };

        Assert.AreEqual(expected, epoch.IsBetterThan(other, frozen, imageCount: 40));
    }

    // The frozen network has no record of a training that it does not come from.
    private static void AssertRecorded(FineTuningResult result, FineTuningRecord? record)
    {
        Assert.AreEqual(result.IsBetter, record is not null);
        if (record is null) return;
        Assert.AreEqual((result.BestEpoch, result.Stages.ToString().ToLowerInvariant()), (record.Epoch, record.Stages));
        Assert.AreEqual((result.Best.ValidationLoss, result.Frozen.ValidationLoss), (record.ValidationLoss, record.FrozenValidationLoss));
        Assert.AreEqual(0.5, record.Interpolation);
        Assert.IsTrue(result.IsTrainedOnAll);
        Assert.AreEqual(result.TrainImageCount + result.ValidationImageCount, record.ImageCount);
    }

    [TestMethod]
    [DataRow(AugmentationPreset.None, BatchNormMode.Frozen)]
    [DataRow(AugmentationPreset.Strong, BatchNormMode.Frozen)]
    [DataRow(AugmentationPreset.Light, BatchNormMode.Train)]
    public void Fit_CutOffAfterEachEpochAndResumed_GivesTheBytesOfTheWholeRun(AugmentationPreset preset, BatchNormMode batchNorm)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 16);
        FineTuningOptions tuning = Quick with { EpochCount = 3, Patience = 3, Augmentation = preset, BatchNorm = batchNorm, Dropout = 0.2 };
        byte[] whole = bench.FitAndSave(train, bench.Options with { FineTuning = tuning });
        FineTuningOptions resumed = tuning with { CheckpointFolder = bench.Combine("checkpoint"), Resume = true };

        foreach (int epoch in new[] { 1, 2 }) CutOff(train, bench.Options with { FineTuning = resumed }, epoch);
        FineTuningResult onAll = CutOff(train, bench.Options with { FineTuning = resumed }, 1, isOnAll: true);
        Assert.AreEqual(onAll.IsBetter ? FineTuningEnding.Cancelled : FineTuningEnding.Completed, onAll.Ending);
        Assert.IsFalse(onAll.IsTrainedOnAll);
        byte[] inParts = bench.FitAndSave(train, bench.Options with { FineTuning = resumed });

        CollectionAssert.AreEqual(whole, inParts);
    }

    [TestMethod]
    public void Fit_Cancelled_GivesTheBestModelSoFarAndSaysSo()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);

        FineTuningResult result = CutOff(train, bench.Options with { FineTuning = Quick with { EpochCount = 5 } }, 2);

        Assert.AreEqual(FineTuningEnding.Cancelled, result.Ending);
        Assert.HasCount(2, result.Epochs);
    }

    [TestMethod]
    [DataRow(BatchNormMode.Frozen)]
    [DataRow(BatchNormMode.Train)]
    public void Fit_CancelledBeforeTheTrainingOnAllImages_GivesWhatTheFirstOneHas(BatchNormMode batchNorm)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 12);
        FineTuningOptions tuning = Quick with { Stages = FineTuneStages.All, BatchNorm = batchNorm, LearningRate = 0.0005 };

        FineTuningResult result = CutOff(train, bench.Options with { FineTuning = tuning }, tuning.EpochCount);

        Assert.AreEqual((FineTuningEnding.Cancelled, false), (result.Ending, result.IsTrainedOnAll));
    }

    [TestMethod]
    public void Fit_LearningRateOfAThousand_EndsInTrainingDivergedException()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);

        var exception = Assert.ThrowsExactly<TrainingDivergedException>(
            () => bench.Fit(train, bench.Options with { FineTuning = Quick with { LearningRate = 1000 } }));

        Assert.AreEqual(100, exception.LearningRate, 1e-9);
        StringAssert.Contains(exception.Message, $"epoch {exception.Epoch}, step {exception.Step}");
    }

    [TestMethod]
    [DataRow(2, 64, BatchNormMode.Frozen)]
    [DataRow(2, 3, BatchNormMode.Frozen)]
    [DataRow(2, 3, BatchNormMode.Train)]
    [DataRow(2, 1, BatchNormMode.Train)]
    public void Fit_TwoImagesAClass_GivesFiniteNumbers(int imagesPerClass, int batchSize, BatchNormMode batchNorm)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", imagesPerClass);

        using ImageClassificationModel model = bench.Fit(train, bench.Options with { FineTuning = Quick with { BatchSize = batchSize, BatchNorm = batchNorm } });

        AssertFinite(model.FineTuning!);
    }

    [TestMethod]
    public void Fit_BatchNormIsTrained_StartsWhereTheFrozenNetworkIs()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        FineTuningOptions still = Quick with { Stages = FineTuneStages.All, EpochCount = 1, BatchSize = 64, LearningRate = 1e-12 };

        using ImageClassificationModel frozen = bench.Fit(train, bench.Options with { FineTuning = still });
        using ImageClassificationModel trained = bench.Fit(train, bench.Options with { FineTuning = still with { BatchNorm = BatchNormMode.Train } });

        // One batch of all images: its means and deviations are those that were measured.
        Assert.AreEqual(frozen.FineTuning!.Frozen.ValidationLoss, trained.FineTuning!.Frozen.ValidationLoss, 1e-4);
        Assert.AreEqual(frozen.FineTuning.Epochs[0].TrainLoss, trained.FineTuning.Epochs[0].TrainLoss, 1e-3);
        Assert.AreEqual(frozen.FineTuning.Epochs[0].ValidationLoss, trained.FineTuning.Epochs[0].ValidationLoss, 1e-2);
    }

    [TestMethod]
    public void Fit_BatchNormIsTrained_GivesAModelThatPredictsAsItWasEvaluated()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6), test = bench.Draw("test", 4, first: 100);
        FineTuningOptions tuning = Quick with { Stages = FineTuneStages.Stage3, BatchNorm = BatchNormMode.Train, EpochCount = 4, LearningRate = 0.005 };

        using ImageClassificationModel model = bench.Fit(train, bench.Options with { FineTuning = tuning });

        EvaluationResult expected = model.Evaluate(test);
        model.Save(bench.Combine("model.zip"));
        Assert.IsLessThan(model.FineTuning!.Epochs[0].TrainLoss, model.FineTuning.Epochs[^1].TrainLoss);
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(bench.Combine("model.zip"));
        foreach ((LabeledImage image, ImagePrediction prediction) in expected.Images.Zip(expected.Predictions))
            Assert.AreEqual(prediction.PredictedLabel, engine.Predict(image.Path).PredictedLabel);
        Assert.AreEqual(model.FineTuning.IsBetter ? "train" : null, engine.Manifest.FineTuning?.BatchNorm);
    }

    [TestMethod]
    [DataRow(FineTuneStages.Stage4, NetworkPrecision.Auto, "int8")]
    [DataRow(FineTuneStages.Stage3, NetworkPrecision.Auto, "int8")]
    [DataRow(FineTuneStages.All, NetworkPrecision.Fp32, "fp32")]
    public void Fit_TrainingChangesNothing_GivesTheModelThatTheFrozenNetworkGives(FineTuneStages stages, NetworkPrecision precision, string expected)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 16), test = bench.Draw("test", 4, first: 100);
        ImageClassificationOptions options = bench.Options with { Precision = precision };

        using ImageClassificationModel frozen = bench.Fit(train, options);
        using ImageClassificationModel tuned = bench.Fit(train, options with { FineTuning = Quick with { Stages = stages, LearningRate = 1e-12 } });

        Assert.IsFalse(tuned.FineTuning!.IsBetter);
        Assert.AreEqual(expected, tuned.Precision.Name);
        Assert.AreEqual(frozen.Precision, tuned.Precision);
        foreach ((ImagePrediction one, ImagePrediction other) in frozen.Evaluate(test).Predictions.Zip(tuned.Evaluate(test).Predictions))
            Assert.IsTrue(one.Score.SequenceEqual(other.Score));
    }

    [TestMethod]
    public void Fit_OneImageAClass_KeepsTheFrozenNetworkAndSaysWhy()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 1);

        using ImageClassificationModel model = bench.Fit(train, bench.Options with { FineTuning = Quick });

        Assert.AreEqual(FineTuningEnding.NothingToValidateOn, model.FineTuning!.Ending);
        Assert.IsFalse(model.FineTuning.IsBetter);
    }

    [TestMethod]
    [DataRow(BatchNormMode.Frozen)]
    [DataRow(BatchNormMode.Train)]
    public void Fit_ImagesOfOneColour_GivesFiniteNumbers(BatchNormMode batchNorm)
    {
        using var folder = new TemporaryFolder();
        using var bench = new TrainingBench();
        for (int i = 0; i < 12; i++)
        {
            string label = Directory.CreateDirectory(folder.Combine(i % 2 == 0 ? "dark" : "light")).FullName;
            byte[] pixels = [.. Enumerable.Repeat((byte)(i % 2 == 0 ? i : 255 - i), 3 * 64 * 64)];
            new RgbImage(64, 64, pixels).SavePng(Path.Combine(label, $"{i}.png"));
        }

        FineTuningOptions tuning = Quick with { Stages = FineTuneStages.All, Augmentation = AugmentationPreset.Strong, BatchNorm = batchNorm };
        using ImageClassificationModel model = bench.Fit(ImageDataset.FromFolder(folder.Path), bench.Options with { FineTuning = tuning });

        AssertFinite(model.FineTuning!);
    }

    [TestMethod]
    public void Fit_Interpolation_KeepsWeightsThatFarOnTheWayAndTrainsOnFromTheTrainedOnes()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);

        Dictionary<double, Dictionary<string, float[]>> kept = [];
        foreach (double share in new[] { 0.25, 0.625, 1 })
        {
            FineTuningOptions tuning = Quick with { EpochCount = 1, Interpolation = share, CheckpointFolder = bench.Combine($"checkpoint {share}") };
            bench.Fit(train, bench.Options with { FineTuning = tuning }).Dispose();
            (_, Dictionary<string, float[]> trained, kept[share]) = Checkpoint.Read(Checkpoint.PathIn(tuning.CheckpointFolder))!;
            kept.TryAdd(0, trained);
            foreach ((string name, _) in kept[share]) CollectionAssert.AreEqual(kept[0][name], trained[name]);
        }

        foreach ((string name, float[] near) in kept[0.25])
        {
            CollectionAssert.AreEqual(kept[0][name], kept[1][name]);
            for (int i = 0; i < near.Length; i++) Assert.AreEqual((near[i] + kept[1][name][i]) / 2, kept[0.625][name][i], 1e-6 * (1 + Math.Abs(near[i])));
        }

        Assert.IsTrue(kept[1].Any(weights => !weights.Value.AsSpan().SequenceEqual(kept[0.25][weights.Key])));
    }

    [TestMethod]
    [DataRow(BatchNormMode.Frozen, 0.5)]
    [DataRow(BatchNormMode.Train, 1)]
    public void EffectiveInterpolation_NoneAskedFor_DependsOnBatchNorm(BatchNormMode batchNorm, double expected)
    {
        Assert.AreEqual(expected, (Quick with { BatchNorm = batchNorm }).EffectiveInterpolation);
        Assert.AreEqual(0.7, (Quick with { BatchNorm = batchNorm, Interpolation = 0.7 }).EffectiveInterpolation);
    }

    [TestMethod]
    public void Tune_ProgressAndResult_TellTheTrainingOnAllImagesApartAndBecomeJson()
    {
        using var bench = new TrainingBench();
        var tuning = new TuningBench(bench.Draw("train", 12));

        (_, FineTuningResult result) = tuning.Tune(Quick with { Interpolation = 1, Optimizer = Optimizer.Sgd, LearningRate = 0.03 });

        Assert.IsTrue(result.IsTrainedOnAll);
        ILookup<bool, FineTuningEpoch> told = tuning.Told<TrainingProgress.EpochFinished>().ToLookup(finished => finished.IsOnAll, finished => finished.Epoch);
        CollectionAssert.AreEqual(result.Epochs.Prepend(result.Frozen).ToArray(), told[false].ToArray());
        CollectionAssert.AreEqual(result.EpochsOnAll!.ToArray(), told[true].ToArray());
        Assert.AreEqual(result.EpochsOnAll!.Count, tuning.Told<TrainingProgress.StepFinished>().Count(step => step is { IsOnAll: true, Step: 1 }));
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(result));
        Assert.AreEqual(JsonValueKind.Null, json.RootElement.GetProperty("Frozen").GetProperty("TrainLoss").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, json.RootElement.GetProperty("EpochsOnAll")[0].GetProperty("ValidationAccuracy").ValueKind);
        Assert.AreEqual(result.Epochs[0], JsonSerializer.Deserialize<FineTuningEpoch>(json.RootElement.GetProperty("Epochs")[0]));
    }

    [TestMethod]
    public void Fit_CheckpointOfAnotherTraining_ThrowsCheckpointException()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        FineTuningOptions tuning = Quick with { CheckpointFolder = bench.Combine("checkpoint"), Resume = true };
        bench.Fit(train, bench.Options with { FineTuning = tuning }).Dispose();

        var exception = Assert.ThrowsExactly<CheckpointException>(
            () => bench.Fit(train, bench.Options with { FineTuning = tuning with { LearningRate = 0.001 } }));

        StringAssert.Contains(exception.Message, "another training");
    }

    private static FineTuningOptions Quick => new() { EpochCount = 2, BatchSize = 4, Patience = 10 };

    private static FineTuningResult CutOff(ImageDataset train, ImageClassificationOptions options, int epoch, bool isOnAll = false)
    {
        using var source = new CancellationTokenSource();
        var cutter = new Cutter(source, epoch, isOnAll);
        using ImageClassificationModel model = new ImageClassificationTrainer(options).Fit(train, null, cutter, source.Token);
        return model.FineTuning!;
    }

    private static void AssertFinite(FineTuningResult result)
    {
        Assert.IsNotEmpty(result.Epochs);
        foreach (FineTuningEpoch epoch in result.Epochs)
            Assert.IsTrue(double.IsFinite(epoch.TrainLoss) && double.IsFinite(epoch.ValidationLoss), epoch.ToString());
    }

    private sealed class Cutter(CancellationTokenSource source, int epoch, bool isOnAll) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is TrainingProgress.EpochFinished finished && finished.Epoch.Number == epoch && finished.IsOnAll == isOnAll) source.Cancel();
        }
    }
}
