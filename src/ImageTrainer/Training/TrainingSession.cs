using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Training.FineTuning;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>The data sets of a fit.</summary>
/// <param name="Train">The images to learn from.</param>
/// <param name="Validation">Images to calibrate on and to compare epochs on, or null.</param>
/// <param name="Test">Images that the model will be evaluated on, or null where they are not known yet.</param>
internal sealed record TrainingImages(ImageDataset Train, ImageDataset? Validation, ImageDataset? Test);

/// <summary>A network in use.</summary>
/// <param name="Backbone">The network.</param>
/// <param name="Featurizer">The same, ready to run.</param>
/// <param name="Precision">Its arithmetic, and why.</param>
internal sealed record NetworkInUse(Backbone Backbone, Featurizer Featurizer, PrecisionChoice Precision)
{
    /// <summary>What quantizing has done to each layer; empty in fp32.</summary>
    public IReadOnlyList<LayerError> LayerErrors { get; init; } = [];
}

/// <summary>A head and what it was fitted on.</summary>
/// <param name="Images">The readable training images with their features.</param>
/// <param name="Classes">Class of each of their rows.</param>
/// <param name="Head">The head, on raw features.</param>
internal sealed record FittedHead(FeaturizedImages Images, int[] Classes, HeadFit Head);

/// <summary>
/// One fit, from a backbone to a model, and the only owner of the network in use: from the start of the fit, whichever network takes another's
/// place on the way, until the model that came of it is disposed. For one caller at a time.
/// </summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly TrainingImages _images;
    private NetworkInUse? _network;
    private FittedHead? _fitted;
    private FeaturizedImages? _heldOut;

    /// <summary>Begins; nothing is loaded yet.</summary>
    /// <param name="options">How to train; valid.</param>
    /// <param name="device">Where networks run.</param>
    /// <param name="images">What to train on; checked by <see cref="CheckClasses"/> and <see cref="CheckValidation"/>.</param>
    /// <param name="progress">Told what happens, or null.</param>
    /// <param name="cancellationToken">Cancels; once fine-tuning has begun it ends that in order.</param>
    public TrainingSession(
        ImageClassificationOptions options, DeviceChoice device, TrainingImages images, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        (Options, Device, _images, _progress, CancellationToken) = (options, device, images, progress, cancellationToken);
        Labels = [.. images.Train.Labels];
    }

    /// <summary>How to train.</summary>
    public ImageClassificationOptions Options { get; }

    /// <summary>Where networks run, and why.</summary>
    public DeviceChoice Device { get; }

    /// <summary>Cancels.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Timestamp of fine-tuning's clock at which training began; 0 where nothing is fine-tuned.</summary>
    public long StartTime { get; init; }

    /// <summary>The images of this training whose colour profile could not be applied.</summary>
    public UnappliedProfiles UnappliedProfiles { get; } = new(countsFilesOnce: true);

    /// <summary>The images to learn from.</summary>
    public ImageDataset Train => _images.Train;

    /// <summary>The K labels, ordinal order.</summary>
    public string[] Labels { get; }

    /// <summary>The network in use.</summary>
    public NetworkInUse Network => _network ?? throw new InvalidOperationException("No network is in use before the fit.");

    /// <summary>The head in use; its features are the frozen network's.</summary>
    public FittedHead Fitted => _fitted ?? throw new InvalidOperationException("There is no head before the fit.");

    /// <summary>What logits are divided by before the softmax.</summary>
    public float Temperature { get; private set; } = 1;

    /// <summary>How fine-tuning went, or null where the network was left as it is.</summary>
    public FineTuningResult? FineTuning { get; private set; }

    /// <summary>Images that could not be read: those to train on, then those to validate on, then those that fine-tuning came to miss.</summary>
    public IReadOnlyList<BadImage> BadImages => [.. Fitted.Images.BadImages, .. _heldOut?.BadImages ?? [], .. FineTuning?.BadImages ?? []];

    /// <summary>Fits a head on the backbone's features, in int8 where that is as good and wanted, and fine-tunes where that is asked for.</summary>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <inheritdoc cref="ImageClassificationTrainer.Fit(ImageDataset, ImageDataset?, IProgress{TrainingProgress}?, CancellationToken)" path="/exception"/>
    public void Fit(Backbone backbone)
    {
        FitInBestPrecision(backbone);
        Report(new TrainingProgress.PrecisionChosen(Network.Precision));
        foreach (string notice in Fitted.Head.Notices) Tell(notice);
        Temperature = (float)FitTemperature();
        if (Options.FineTuning is { } tuning) FineTune(backbone, tuning);
    }

    /// <summary>Throws where a data set has fewer than two classes.</summary>
    public static void CheckClasses(string[] labels, string? root, IReadOnlyList<BadImage> unreadable)
    {
        if (labels.Length >= 2) return;
        string found = labels.Length == 0 ? "no readable image" : $"readable images of one class only, '{labels[0]}'";
        throw new DatasetException(
            root, $"The data set{Place(root)} has {found}; a classifier needs two classes or more, each a folder of its own images.{Cause(unreadable)}");
    }

    /// <summary>
    /// Throws where images cannot be validated on: a label is not trained on, they are more than fit in memory, or there is one to learn from
    /// among them, which would be found easier than those that come later.
    /// </summary>
    public static void CheckValidation(ImageDataset train, ImageDataset validation)
    {
        validation.LabelIndices(train.Labels);
        Featurizer.RequireRoom(validation, train.Labels.Count, "classes");
        HashSet<string> paths = [.. train.Images.Select(image => image.Path)];
        LabeledImage[] shared = [.. validation.Images.Where(image => paths.Contains(image.Path))];
        if (shared.Length > 0)
            throw new DatasetException(
                validation.Root,
                $"The validation set{Place(validation.Root)} has {Counted.Of(shared.Length, "image")} to learn from too, the first '{shared[0].Path}'. "
                    + "Leave them out of one of the two sets.");
    }

    /// <summary>Tells what happens.</summary>
    public void Report(TrainingProgress item) => _progress?.Report(item);

    /// <summary>Prepares a network to featurize with; the caller disposes it.</summary>
    public Featurizer CreateFeaturizer(Backbone backbone) => CreateFeaturizer(backbone, Options.FeatureCache);

    /// <summary>Class of each image: the place of its label among <see cref="Labels"/>.</summary>
    public int[] ClassesOf(FeaturizedImages images) =>
        [.. images.Images.Select(image => Array.BinarySearch(Labels, image.Label, StringComparer.Ordinal))];

    /// <summary>Frees the network and closes the feature cache.</summary>
    public void Dispose() => _network?.Featurizer.Dispose();

    private void FitInBestPrecision(Backbone backbone)
    {
        // No stage stays frozen: the head has to suit the network that training starts from, which is in fp32.
        if (Options.FineTuning is { Stages: FineTuneStages.All })
        {
            PrecisionTrial.CheckPossible(this, backbone);
            FitHead(backbone, new PrecisionChoice(NetworkPrecision.Fp32, "all of it is trained in fp32"));
            return;
        }

        using PrecisionTrial? trial = PrecisionTrial.Start(this, backbone, out string whyNot);
        if (trial is null) FitHead(backbone, new PrecisionChoice(NetworkPrecision.Fp32, whyNot));
        else FitInBestPrecision(backbone, trial);
    }

    private void FitInBestPrecision(Backbone backbone, PrecisionTrial trial)
    {
        FitHead(trial.Network, new PrecisionChoice(NetworkPrecision.Int8, "asked for"));
        Report(new TrainingProgress.CheckingPrecision());
        ParityVerdict verdict = trial.Check(Fitted);
        PrecisionChoice choice = trial.Describe(verdict);
        if (verdict.Network != trial.Network) FitHead(verdict.Network ?? backbone, choice);
        _network = Network with { Precision = choice, LayerErrors = verdict.Network is null ? [] : trial.LayerErrors };
    }

    private void FitHead(Backbone backbone, PrecisionChoice precision)
    {
        Featurizer featurizer = Use(backbone, precision, Options.FeatureCache).Featurizer;
        FeaturizedImages images = Featurize(featurizer, Train);
        Tell(featurizer.CacheNotice);
        CheckClasses([.. images.Images.Select(image => image.Label).Distinct(StringComparer.Ordinal)], Train.Root, images.BadImages);
        if (_images.Test is { } test && Options.FineTuning is null) featurizer.Begin(test);
        Report(new TrainingProgress.FittingHead());
        // A class whose images are all unreadable stays: the fit tells of it, and evaluation counts its images as the errors they are.
        int[] classes = ClassesOf(images);
        var options = new HeadFitOptions
        {
            ClassWeights = Options.ClassWeights,
            ClassNames = Labels,
            Seed = Options.Seed,
            DegreeOfParallelism = Options.ThreadCount,
            Groups = GroupByContent(images.ContentHashes),
        };
        _fitted = new FittedHead(images, classes, HeadFitter.Fit(images.Features, classes, Labels.Length, options, CancellationToken));
    }

    private double FitTemperature()
    {
        HeadFit head = Fitted.Head;
        if (_images.Validation is not { } validation)
            return head.HeldOutLogits is { } logits ? TemperatureScaling.Fit(logits, Fitted.Classes, Labels.Length, head.HeldOutWeights) : 1;
        _heldOut = Featurize(Network.Featurizer, validation);
        if (_heldOut.Images.Count == 0)
            throw new DatasetException(
                validation.Root, $"The validation set{Place(validation.Root)} has no readable image.{Cause(_heldOut.BadImages)}");
        int[] classes = ClassesOf(_heldOut);
        return TemperatureScaling.Fit(
            head.Logits(_heldOut.Features), classes, Labels.Length, RowWeights.Of(classes, Labels.Length, Options.ClassWeights));
    }

    // The better model is kept: the frozen network's or the fine-tuned one.
    private void FineTune(Backbone backbone, FineTuningOptions tuning)
    {
        var setting = new TuningSetting(
            backbone, Network.Backbone, tuning, Options.Seed, Options.ClassWeights, Device.Device, Options.ThreadCount, Options.FeatureCache, StartTime);
        (TunedNetwork? tuned, FineTuning) = FineTuner.Tune(
            setting, Fitted.Head, TuningImagesOf(Fitted.Images), _heldOut is null ? null : TuningImagesOf(_heldOut), _progress, CancellationToken);
        if (tuned is not null) Take(tuned);
        try
        {
            // Who has cancelled waits for no check.
            CancellationToken.ThrowIfCancellationRequested();
            // The frozen network has the arithmetic that suits it already, but where nothing of it was to stay frozen.
            if (tuned is not null || tuning.Stages == FineTuneStages.All) ServeInBestPrecision();
        }
        catch (OperationCanceledException)
        {
            // What has been trained is there, in fp32.
            FineTuning = FineTuning with { Ending = FineTuningEnding.Cancelled };
        }
    }

    private void Take(TunedNetwork tuned)
    {
        // No cache: the features of this one network will hardly be asked for again.
        Use(tuned.Backbone, new PrecisionChoice(NetworkPrecision.Fp32, "it has been trained in fp32"), cache: null);
        _fitted = Fitted with
        {
            Head = Fitted.Head with { Weights = tuned.Head.Weights, Biases = tuned.Head.Biases, HeldOutLogits = null, HeldOutWeights = null },
        };
        Temperature = tuned.Temperature;
    }

    // Fine-tuning trains in fp32; what it has made may serve in int8, with the head that it has.
    private void ServeInBestPrecision()
    {
        using PrecisionTrial? trial = PrecisionTrial.Start(this, Network.Backbone, out string whyNot);
        if (trial is null)
        {
            _network = Network with { Precision = new PrecisionChoice(NetworkPrecision.Fp32, whyNot) };
        }
        else
        {
            Report(new TrainingProgress.CheckingPrecision());
            ParityVerdict verdict = trial.Check(Fitted.Head);
            PrecisionChoice choice = trial.Describe(verdict);
            _network = verdict.Network is { } int8
                ? Use(int8, choice, cache: null) with { LayerErrors = trial.LayerErrors }
                : Network with { Precision = choice };
        }

        Report(new TrainingProgress.PrecisionChosen(Network.Precision));
    }

    private NetworkInUse Use(Backbone backbone, PrecisionChoice precision, FeatureCacheOptions? cache)
    {
        _network?.Featurizer.Dispose();
        return _network = new NetworkInUse(backbone, CreateFeaturizer(backbone, cache), precision);
    }

    private Featurizer CreateFeaturizer(Backbone backbone, FeatureCacheOptions? cache) =>
        new(backbone, Device.Device, Options.ThreadCount, cache, UnappliedProfiles);

    private FeaturizedImages Featurize(Featurizer featurizer, ImageDataset images) =>
        featurizer.Featurize(images, TrainingNews.OfFeaturizing(_progress), CancellationToken);

    private void Tell(string? notice) => TrainingNews.Tell(_progress, notice);

    private TuningImages TuningImagesOf(FeaturizedImages images) => new(images.Images, images.ContentHashes, ClassesOf(images), images.Features);

    // Byte-identical photos get one number, so that no fold is tested on a photo that another was fitted on.
    private static long[] GroupByContent(IReadOnlyList<ContentHash> hashes)
    {
        var first = new Dictionary<ContentHash, long>();
        return [.. hashes.Select((hash, index) => first.TryGetValue(hash, out long group) ? group : first[hash] = index)];
    }

    private static string Place(string? root) => root is null ? "" : $" '{root}'";

    private static string Cause(IReadOnlyList<BadImage> unreadable) => unreadable.Count == 0
        ? ""
        : $" Unreadable: {unreadable.Count}, the first '{unreadable[0].Image.RelativePath}': {unreadable[0].Reason}.";
}
