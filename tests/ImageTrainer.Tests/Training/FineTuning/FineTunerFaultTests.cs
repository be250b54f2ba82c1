using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Training;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class FineTunerFaultTests
{
    [TestMethod]
    public void Tune_DivergedOnce_TrainsOnAllImagesAtTheRateThatHeld()
    {
        using var bench = new TrainingBench();
        var tuning = new TuningBench(bench.Draw("train", 12));

        FineTuningOptions options = Quick with { Optimizer = Optimizer.Sgd, EpochCount = 6, LearningRate = 6, Interpolation = 1 };
        (_, FineTuningResult result) = tuning.Tune(options);

        Assert.IsTrue(result.IsTrainedOnAll);
        StringAssert.Contains(tuning.Told<TrainingProgress.Notice>().Single().Message, "starts again at a tenth of the learning rate, 0.6.");
        Assert.IsLessThan(0.6, result.EpochsOnAll!.Max(epoch => epoch.LearningRate));
        Assert.AreEqual(0.6, result.ToRecord(options).LearningRate, 1e-12);
    }

    [TestMethod]
    [DataRow(AugmentationPreset.None)]
    [DataRow(AugmentationPreset.Strong)]
    public void Tune_ImagesDamagedAndReplacedSinceFeaturizing_GoesOnWithoutThem(AugmentationPreset preset)
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 12);
        var tuning = new TuningBench(train) { Cache = bench.CachingOptions.FeatureCache };
        TrainingBench.Damage(train.Images[0]);
        File.Copy(train.Images[20].Path, train.Images[1].Path, overwrite: true);

        (_, FineTuningResult result) = tuning.Tune(Quick with { Augmentation = preset });

        Assert.HasCount(2, result.Epochs);
        CollectionAssert.AreEquivalent(train.Images.Take(2).ToArray(), result.BadImages.Select(bad => bad.Image).ToArray());
        Assert.AreEqual("it has changed since training began", result.BadImages.Single(bad => bad.Image == train.Images[1]).Reason);
    }

    [TestMethod]
    public void Load_ImageLostThatOthersAreMixedWith_CostsThemNoMoreThanTheEpoch()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        TrainingBench.Damage(train.Images[0]);
        int[] rows = [.. Enumerable.Range(0, train.Images.Count)];
        using ActivationSource source = MixingSource(train), fresh = MixingSource(train);
        float[] activations = new float[rows.Length * source.ActivationLength];

        bool[][] isLoaded = [.. Enumerable.Range(1, 20).Select(epoch => source.Load(epoch, rows, activations, CancellationToken.None))];

        Assert.IsTrue(isLoaded.Any(epoch => epoch.Count(isRead => !isRead) > 1), "None was mixed with the lost image.");
        CollectionAssert.AreEqual(fresh.Load(20, rows, activations, CancellationToken.None), isLoaded[^1]);
        Assert.AreEqual(train.Images[0], source.BadImages.Single().Image);
    }

    [TestMethod]
    public void Tune_AllImagesGoneAfterAnEpoch_GivesTheBestSoFar()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 12);
        var tuning = new TuningBench(train);
        tuning.Listener = news =>
        {
            if (news is TrainingProgress.EpochFinished { Epoch.Number: 1 }) TrainingBench.Damage(train.Images);
        };

        (TunedNetwork? network, FineTuningResult result) = tuning.Tune(Quick);

        Assert.AreEqual((FineTuningEnding.ImagesLost, 1), (result.Ending, result.Epochs.Count));
        Assert.AreEqual(result.IsBetter, network is not null);
        StringAssert.Contains(tuning.Told<TrainingProgress.Notice>().Single().Message, "no image can be read any more");
    }

    private static ActivationSource MixingSource(ImageDataset train)
    {
        var setting = new TuningSetting(
            TinyModel.Backbone, TinyModel.Backbone, Quick, Seed: 1, ClassWeights.None, ComputeDevice.Cpu, ThreadCount: 2, Cache: null, StartTime: 0);
        int featureCount = TinyModel.Backbone.FeatureCount;
        string[] labels = [.. train.Labels];
        int[] classes = train.LabelIndices(labels);
        var features = new FeatureMatrix(new float[classes.Length * featureCount], classes.Length, featureCount);
        var images = new TuningImages(train.Images, train.ComputeContentHashes(CancellationToken.None), classes, features);
        var mixing = new ImageAugmentation(
            AugmentationStrength.Of(AugmentationPreset.None, mixup: 0.9), [.. train.Images.Select(image => image.Path)], classes, TinyModel.Backbone.Preprocessing, setting.Seed);
        NetworkCut cut = NetworkCut.At(setting, new LinearLayer(new float[labels.Length * featureCount], new float[labels.Length]));
        return new ActivationSource(cut, images, mixing, setting);
    }

    private static FineTuningOptions Quick => new() { EpochCount = 2, BatchSize = 4, Patience = 10 };
}
