using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Training;

[TestClass]
public class ImageClassificationTrainerTests
{
    private const int CountPerKind = 12;

    [TestMethod]
    public void Fit_ColouredShapes_IsRightOnAllUnseenImages()
    {
        using var bench = new TrainingBench();

        using ImageClassificationModel model = bench.Fit(bench.Draw("train", CountPerKind));
        EvaluationResult evaluation = model.Evaluate(bench.Draw("test", 5, first: 100));

        Assert.AreEqual(1.0, evaluation.Metrics.MicroAccuracy);
        Assert.HasCount(15, evaluation.Predictions);
        CollectionAssert.AreEqual(Drawings.Kinds.ToArray(), model.Labels.ToArray());
        Assert.AreEqual((36, 0, 0), (model.TrainImageCount, model.CachedImageCount, model.BadImages.Count));
        Assert.AreEqual(model.L2, model.Trials.Single(trial => trial.IsChosen).L2);
    }

    [TestMethod]
    public void Fit_SameDataAndOptions_SavesTheSameBytesOnAnyThreadCountAndFromTheCache()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);

        byte[] expected = bench.FitAndSave(train, bench.Options);

        Assert.IsTrue(expected.SequenceEqual(bench.FitAndSave(train, bench.Options)), "again");
        Assert.IsTrue(expected.SequenceEqual(bench.FitAndSave(train, bench.Options with { ThreadCount = 1 })), "one thread");
        Assert.IsTrue(expected.SequenceEqual(bench.FitAndSave(train, bench.CachingOptions)), "cold cache");
        Assert.IsTrue(expected.SequenceEqual(bench.FitAndSave(train, bench.CachingOptions with { ThreadCount = 3 })), "warm cache");
    }

    [TestMethod]
    public void Fit_WarmCache_SaysHowManyImagesCameFromIt()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", countPerKind: 4);

        using ImageClassificationModel cold = bench.Fit(train, bench.CachingOptions);
        using ImageClassificationModel warm = bench.Fit(train, bench.CachingOptions);

        Assert.AreEqual((0, 12), (cold.CachedImageCount, warm.CachedImageCount));
    }

    [TestMethod]
    public void Prepare_ImagesToEvaluate_ChangeNeitherModelNorMetrics()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        ImageDataset test = bench.Draw("test", 5, first: 100);
        TrainingBench.Damage([test.Images[3]]);
        ImageClassificationOptions options = bench.CachingOptions with { Precision = NetworkPrecision.Fp32 };
        using ImageClassificationModel plain = new ImageClassificationTrainer(options with { FeatureCache = null }).Fit(train);
        var trainer = new ImageClassificationTrainer(options);

        trainer.Prepare(test);
        using ImageClassificationModel prepared = trainer.Fit(train);
        EvaluationResult evaluation = prepared.Evaluate(test);

        Assert.AreEqual(test.Images[3], evaluation.BadImages.Single().Image);
        Assert.IsTrue(plain.Evaluate(test).Predictions.SelectMany(item => item.Score.ToArray()).SequenceEqual(
            evaluation.Predictions.SelectMany(item => item.Score.ToArray())));
        // All that Evaluate has asked for was computed once, and by the network that another fit uses.
        using ImageClassificationModel later = trainer.Fit(test);
        Assert.AreEqual(14, later.CachedImageCount);
    }

    [TestMethod]
    public void Fit_ValidationSet_FitsTheTemperatureOnItAndNothingElse()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        ImageDataset drawn = bench.Draw("validation", 6, first: 100);
        // Every third label is wrong, so that the temperature has something to say.
        ImageDataset validation = ImageDataset.FromImages(
            drawn.Images.Select((image, i) => i % 3 == 0 ? image with { Label = Drawings.Kinds[i % 2] } : image));
        using ImageClassificationModel alone = bench.Fit(train);

        using ImageClassificationModel model = bench.Fit(train, validation: validation);

        float[] logScores = [.. model.Evaluate(validation).Predictions.SelectMany(prediction => prediction.Score.ToArray()).Select(score => MathF.Log(score))];
        float[] logits = [.. logScores.Select(value => value * (float)model.Temperature)];
        double expected = TemperatureScaling.Fit(logits, validation.LabelIndices(model.Labels), model.Labels.Count);
        Assert.AreEqual(expected, model.Temperature, 1e-3 * expected);
        Assert.IsGreaterThan(2 * alone.Temperature, model.Temperature);
        Assert.AreEqual((alone.L2, alone.TrainImageCount), (model.L2, model.TrainImageCount));
    }

    [TestMethod]
    public void Fit_OneClass_ThrowsDatasetException()
    {
        using var bench = new TrainingBench();
        ImageDataset train = ImageDataset.FromImages(bench.Draw("train", 3).Images.Where(image => image.Label == "disc"));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => bench.Fit(train));

        Assert.Contains("one class only, 'disc'", exception.Message);
    }

    [TestMethod]
    public void Fit_OneClassLeftReadable_ThrowsDatasetExceptionWithTheReason()
    {
        using var bench = new TrainingBench();
        ImageDataset train = ImageDataset.FromImages(bench.Draw("train", 3).Images.Where(image => image.Label != "stripes"));
        TrainingBench.Damage(train.Images.Where(image => image.Label == "square"));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => bench.Fit(train));

        Assert.Contains("one class only, 'disc'", exception.Message);
        Assert.Contains("Unreadable: 3, the first 'square/00.png': ", exception.Message);
    }

    [TestMethod]
    public void Fit_NoImageReadable_ThrowsDatasetException()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 2);
        TrainingBench.Damage(train.Images);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => bench.Fit(train));

        Assert.Contains("no readable image", exception.Message);
        Assert.AreEqual(train.Root, exception.Path);
    }

    [TestMethod]
    public void Fit_AllImagesOfOneClassUnreadable_KeepsTheClassAndSaysSo()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        TrainingBench.Damage(train.Images.Where(image => image.Label == "square"));
        var progress = new Recorder<TrainingProgress>();

        using ImageClassificationModel model = new ImageClassificationTrainer(bench.Options).Fit(train, progress: progress);

        Assert.HasCount(6, model.BadImages);
        Assert.IsTrue(progress.Items.OfType<TrainingProgress.Notice>().Any(notice => notice.Message.Contains("\"square\"", StringComparison.Ordinal)));
        EvaluationResult evaluation = model.Evaluate(bench.Draw("test", 3, first: 100));
        Assert.AreEqual(2.0 / 3, evaluation.Metrics.MicroAccuracy, 1e-9);
    }

    [TestMethod]
    public void Fit_BadImages_AreOnTheModelThoseOfValidationToo()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        ImageDataset validation = bench.Draw("validation", 3, first: 100);
        LabeledImage[] damaged = [train.Images[1], train.Images[13], validation.Images[4]];
        TrainingBench.Damage(damaged);

        using ImageClassificationModel model = bench.Fit(train, validation: validation);

        CollectionAssert.AreEqual(damaged, model.BadImages.Select(bad => bad.Image).ToArray());
        Assert.AreEqual(16, model.TrainImageCount);
    }

    [TestMethod]
    public void Fit_NoValidationImageReadable_ThrowsDatasetException()
    {
        using var bench = new TrainingBench();
        ImageDataset validation = bench.Draw("validation", 2, first: 100);
        TrainingBench.Damage(validation.Images);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => bench.Fit(bench.Draw("train", 4), validation: validation));

        Assert.Contains("validation set", exception.Message);
        Assert.AreEqual(validation.Root, exception.Path);
    }

    [TestMethod]
    public void Fit_UnknownLabelInValidation_ThrowsBeforeAnyWorkIsDone()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 2);
        ImageDataset validation = ImageDataset.FromImages([train.Images[0] with { Label = "triangle" }]);
        var progress = new Recorder<TrainingProgress>();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(
            () => new ImageClassificationTrainer(bench.Options).Fit(train, validation, progress));

        Assert.Contains("triangle", exception.Message);
        Assert.IsEmpty(progress.Items);
    }

    [TestMethod]
    public void Fit_ImagesToValidateOnAreAlsoTrainedOn_ThrowsBeforeAnyWorkIsDone()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 2);
        ImageDataset validation = ImageDataset.FromImages(bench.Draw("validation", 2, first: 100).Images.Append(train.Images[3]));
        var progress = new Recorder<TrainingProgress>();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(
            () => new ImageClassificationTrainer(bench.Options).Fit(train, validation, progress));

        Assert.Contains($"has 1 image to learn from too, the first '{train.Images[3].Path}'.", exception.Message);
        Assert.IsEmpty(progress.Items);
    }

    [TestMethod]
    public void Fit_MoreScoresThanFitInMemory_ThrowsBeforeAnyWorkIsDone()
    {
        using var bench = new TrainingBench();
        IEnumerable<LabeledImage> images = Enumerable.Range(0, 300_000).Select(i => new LabeledImage($"/{i}.png", $"{i}.png", $"{i % 10_000}"));
        var progress = new Recorder<TrainingProgress>();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(
            () => new ImageClassificationTrainer(bench.Options).Fit(ImageDataset.FromImages(images), null, progress));

        Assert.Contains("300,000 images; with 10,000 classes each, 214,", exception.Message);
        Assert.IsEmpty(progress.Items);
    }

    [TestMethod]
    public void DeviceFailure_OfTheRuntime_NamesTheDeviceTheCauseAndTheWayOut()
    {
        var cause = Assert.ThrowsExactly<OnnxRuntimeException>(() => new InferenceSession([1, 2, 3]));

        DeviceException exception = ImageClassificationTrainer.DeviceFailure(ComputeDevice.Parse("cuda:1")!, cause);

        Assert.AreSame(cause, exception.InnerException);
        foreach (string part in new[] { "Cannot run on cuda:1: ", cause.Message.TrimEnd('.', ' '), "smaller --batch-size", "Use --device cpu" })
            Assert.Contains(part, exception.Message);
    }

    [TestMethod]
    public void Fit_Progress_ArrivesInOrder()
    {
        using var bench = new TrainingBench();
        var progress = new Recorder<TrainingProgress>();

        using ImageClassificationModel model = new ImageClassificationTrainer(bench.Options with { Precision = NetworkPrecision.Int8 })
            .Fit(bench.Draw("train", 6), bench.Draw("validation", 2, first: 100), progress);

        TrainingProgress[] items = [.. progress.Items.Where(item => item is not TrainingProgress.Notice)];
        Assert.IsInstanceOfType<TrainingProgress.DeviceChosen>(items[0]);
        Assert.AreEqual("resnet10-tiny", ((TrainingProgress.BackboneChosen)items[1]).Backbone.Descriptor.Name);
        Assert.IsInstanceOfType<TrainingProgress.Calibrating>(items[2]);
        CollectionAssert.AreEqual(
            Enumerable.Range(1, 18).Select(done => new TrainingProgress.Featurizing(new FeaturizingProgress(done, 18, 0, 0))).ToArray(), items[3..21]);
        Assert.IsInstanceOfType<TrainingProgress.FittingHead>(items[21]);
        Assert.IsInstanceOfType<TrainingProgress.CheckingPrecision>(items[22]);
        Assert.AreEqual("int8", ((TrainingProgress.PrecisionChosen)items[23]).Choice.Name);
        CollectionAssert.AreEqual(
            Enumerable.Range(1, 6).Select(done => new TrainingProgress.Featurizing(new FeaturizingProgress(done, 6, 0, 0))).ToArray(), items[24..]);
    }

    [TestMethod]
    public void Fit_CancelledWhileFeaturizing_ThrowsAndKeepsFinishedFeatures()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        using var source = new CancellationTokenSource();
        var progress = new Recorder<TrainingProgress>(item =>
        {
            if (item is TrainingProgress.Featurizing { Progress.DoneCount: 9 }) source.Cancel();
        });

        Assert.Throws<OperationCanceledException>(
            () => new ImageClassificationTrainer(bench.CachingOptions).Fit(train, null, progress, source.Token));

        using ImageClassificationModel model = bench.Fit(train, bench.CachingOptions);
        Assert.IsTrue(model.CachedImageCount is >= 9 and < 36, $"{model.CachedImageCount} from the cache");
    }

    [TestMethod]
    public void Fit_CancelledWhileFittingTheHead_Throws()
    {
        using var bench = new TrainingBench();
        using var source = new CancellationTokenSource();
        var progress = new Recorder<TrainingProgress>(item =>
        {
            if (item is TrainingProgress.FittingHead) source.Cancel();
        });

        Assert.Throws<OperationCanceledException>(
            () => new ImageClassificationTrainer(bench.Options).Fit(bench.Draw("train", 4), null, progress, source.Token));
    }

    [TestMethod]
    public void Create_OptionsOutOfRange_ThrowsOneArgumentExceptionThatNamesAll()
    {
        using var bench = new TrainingBench();
        ImageClassificationOptions options = bench.Options with
        {
            Backbone = "",
            ImageSize = 31,
            ClassWeights = (ClassWeights)7,
            Device = "gpu",
            ThreadCount = 0,
            BackboneSources = null!,
        };

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => new ImageClassificationTrainer(options));

        foreach (string name in new[] { "Backbone", "ImageSize", "ClassWeights", "Device", "ThreadCount", "BackboneSources" })
            Assert.Contains($" {name} ", exception.Message);
    }

    [TestMethod]
    public void Create_NestedOptionsOutOfRange_ThrowsOneArgumentExceptionThatNamesAll()
    {
        using var bench = new TrainingBench();
        ImageClassificationOptions options = bench.Options with
        {
            FineTuning = new FineTuningOptions { Clock = null!, TimeBudget = TimeSpan.FromSeconds(-1), Resume = true },
            FeatureCache = new FeatureCacheOptions { Folder = " ", MaxByteCount = -1 },
            BackboneSources = new BackboneStoreOptions { CacheFolder = "", Folders = null!, RetryCount = -1 },
        };

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => new ImageClassificationTrainer(options));

        Assert.IsNull(exception.ParamName);
        foreach (string name in new[] { "Clock", "TimeBudget", "Resume" }) Assert.MatchesRegex($@"FineTuning: The (field )?{name} ", exception.Message);
        foreach (string name in new[] { "Folder", "MaxByteCount" }) Assert.MatchesRegex($@"FeatureCache: The (field )?{name} ", exception.Message);
        Assert.Contains("BackboneSources: The field RetryCount ", exception.Message);
        Assert.Contains("BackboneSources: Folders and CacheFolder ", exception.Message);
    }
}
