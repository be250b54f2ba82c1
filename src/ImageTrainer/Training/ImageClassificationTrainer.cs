using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>
/// Trains an image classifier: a pretrained network turns every image into features, and a linear head is fitted on them.
/// A trainer holds no state between calls; it may be used by one caller at a time, since it works on every core.
/// </summary>
public sealed class ImageClassificationTrainer
{
    private readonly ImageClassificationOptions _options;

    /// <summary>Prepares a trainer.</summary>
    /// <param name="options">How to train, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each.</exception>
    public ImageClassificationTrainer(ImageClassificationOptions? options = null)
    {
        _options = options ?? new ImageClassificationOptions();
        _options.Validate();
    }

    /// <summary>Trains on a data set.</summary>
    /// <param name="train">The images to learn from: two classes or more.</param>
    /// <param name="validation">Images to calibrate the probabilities on, or null to do so on cross-validated predictions.</param>
    /// <param name="progress">Told what happens as it happens, one item at a time, from any thread; or null.</param>
    /// <param name="cancellationToken">Cancels; finished features stay in the cache.</param>
    /// <returns>The model. Dispose it when it is no longer evaluated.</returns>
    /// <exception cref="DatasetException">
    /// The data cannot be trained on: fewer than two classes with readable images; or validated on: a label that is not trained on, or no
    /// readable image.
    /// </exception>
    /// <exception cref="TrainingDataException">The backbone gives features that no head can be fitted on.</exception>
    /// <exception cref="BackboneException">The backbone cannot be had or used.</exception>
    /// <exception cref="DeviceException">A device asked for by name does not work.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ImageClassificationModel Fit(
        ImageDataset train,
        ImageDataset? validation = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        CheckClasses([.. train.Labels], train.Root, []);
        validation?.LabelIndices(train.Labels);
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(_options.Device));
        progress?.Report(new TrainingProgress.DeviceChosen(device));
        Backbone backbone = LoadBackbone(progress, cancellationToken);
        var featurizer = new Featurizer(backbone, device.Device, _options.ThreadCount, _options.FeatureCache);
        try
        {
            return Fit(train, validation, new Equipment(backbone, featurizer, device), progress, cancellationToken);
        }
        catch
        {
            featurizer.Dispose();
            throw;
        }
    }

    private ImageClassificationModel Fit(
        ImageDataset train, ImageDataset? validation, Equipment equipment,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        FeaturizedImages images = equipment.Featurizer.Featurize(train, TrainingNews.OfFeaturizing(progress), cancellationToken);
        TrainingNews.Tell(progress, equipment.Featurizer.CacheNotice);
        CheckClasses(images.Images.Select(image => image.Label).Distinct(StringComparer.Ordinal).ToArray(), train.Root, images.BadImages);
        progress?.Report(new TrainingProgress.FittingHead());
        // A class whose images are all unreadable stays: the fit tells of it, and evaluation counts its images as the errors they are.
        string[] labels = [.. train.Labels];
        int[] classes = LabelIndices(images, labels);
        HeadFit head = HeadFitter.Fit(images.Features, classes, labels.Length, HeadOptions(images, labels), cancellationToken);
        foreach (string notice in head.Notices) TrainingNews.Tell(progress, notice);
        if (validation is null)
        {
            float crossValidated = FitTemperature(head.HeldOutLogits, classes, labels.Length);
            return new ImageClassificationModel(_options, equipment, new FittedHead(labels, head, crossValidated), images, images.BadImages);
        }

        FeaturizedImages heldOut = equipment.Featurizer.Featurize(validation, TrainingNews.OfFeaturizing(progress), cancellationToken);
        CheckReadable(validation, heldOut);
        float temperature = FitTemperature(LinearScores.Logits(head, heldOut.Features), LabelIndices(heldOut, labels), labels.Length);
        return new ImageClassificationModel(
            _options, equipment, new FittedHead(labels, head, temperature), images, [.. images.BadImages, .. heldOut.BadImages]);
    }

    private Backbone LoadBackbone(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var store = new BackboneStore(_options.BackboneSources);
        ResolvedBackbone resolved = store
            .ResolveAsync(_options.Backbone, TrainingNews.OfDownload(progress), cancellationToken).GetAwaiter().GetResult();
        progress?.Report(new TrainingProgress.BackboneChosen(resolved));
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, resolved.Path ?? resolved.Descriptor.FileName, content, _options.ImageSize);
    }

    private HeadFitOptions HeadOptions(FeaturizedImages images, string[] labels) => new()
    {
        ClassWeights = _options.ClassWeights,
        ClassNames = labels,
        Seed = _options.Seed,
        DegreeOfParallelism = _options.ThreadCount,
        Groups = GroupByContent(images.ContentHashes),
    };

    private static float FitTemperature(float[]? heldOutLogits, int[] classes, int classCount) =>
        heldOutLogits is null ? 1f : (float)TemperatureScaling.Fit(heldOutLogits, classes, classCount);

    private static int[] LabelIndices(FeaturizedImages images, string[] labels) =>
        images.Images.Select(image => Array.BinarySearch(labels, image.Label, StringComparer.Ordinal)).ToArray();

    // Byte-identical photos get one number, so that no fold is tested on a photo that another was fitted on.
    private static long[] GroupByContent(IReadOnlyList<ContentHash> hashes)
    {
        var first = new Dictionary<ContentHash, long>();
        return hashes.Select((hash, index) => first.TryGetValue(hash, out long group) ? group : first[hash] = index).ToArray();
    }

    private static void CheckClasses(string[] labels, string? root, IReadOnlyList<BadImage> unreadable)
    {
        if (labels.Length >= 2) return;
        string found = labels.Length == 0 ? "no readable image" : $"readable images of one class only, '{labels[0]}'";
        throw new DatasetException(
            root, $"The data set{Place(root)} has {found}; a classifier needs two classes or more, each a folder of its own images.{Cause(unreadable)}");
    }

    private static void CheckReadable(ImageDataset validation, FeaturizedImages images)
    {
        if (images.Images.Count == 0)
            throw new DatasetException(
                validation.Root, $"The validation set{Place(validation.Root)} has no readable image.{Cause(images.BadImages)}");
    }

    private static string Place(string? root) => root is null ? "" : $" '{root}'";

    private static string Cause(IReadOnlyList<BadImage> unreadable) => unreadable.Count == 0
        ? ""
        : $" Unreadable: {unreadable.Count}, the first '{unreadable[0].Image.RelativePath}': {unreadable[0].Reason}.";
}
