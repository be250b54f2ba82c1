using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Training.FineTuning;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>One fit, from a backbone to a model.</summary>
internal sealed class TrainingRun(TrainingContext context, ImageDataset train, ImageDataset? validation)
{
    private readonly TrainingContext _context = context;
    private readonly string[] _labels = [.. train.Labels];

    /// <summary>Fits a head on the backbone's features, in int8 where that is as good and wanted.</summary>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <inheritdoc cref="ImageClassificationTrainer.Fit(ImageDataset, ImageDataset?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public ImageClassificationModel Fit(Backbone backbone)
    {
        FrozenFit fit = FitInBestPrecision(backbone);
        try
        {
            _context.Progress?.Report(new TrainingProgress.PrecisionChosen(fit.Equipment.Precision));
            return Calibrate(backbone, fit);
        }
        catch
        {
            fit.Dispose();
            throw;
        }
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

    private FrozenFit FitInBestPrecision(Backbone backbone)
    {
        // No stage stays frozen: the head has to suit the network that training starts from, which is in fp32.
        if (_context.Options.FineTuning is { Stages: FineTuneStages.All })
        {
            PrecisionTrial.CheckPossible(_context, backbone);
            return FitHead(backbone, new PrecisionChoice(NetworkPrecision.Fp32, "all of it is trained in fp32"));
        }

        using PrecisionTrial? trial = PrecisionTrial.Start(_context, backbone, train, out string whyNot);
        return trial is null ? FitHead(backbone, new PrecisionChoice(NetworkPrecision.Fp32, whyNot)) : FitInBestPrecision(backbone, trial);
    }

    private FrozenFit FitInBestPrecision(Backbone backbone, PrecisionTrial trial)
    {
        FrozenFit int8 = FitHead(trial.Network, new PrecisionChoice(NetworkPrecision.Int8, "asked for"));
        ParityVerdict verdict;
        try
        {
            _context.Progress?.Report(new TrainingProgress.CheckingPrecision());
            verdict = trial.Check(int8.Images, int8.Classes, int8.Head);
        }
        catch
        {
            int8.Dispose();
            throw;
        }

        PrecisionChoice choice = PrecisionText.Describe(trial, verdict, _context.Options.Precision);
        if (verdict.Network == trial.Network) return int8 with { Equipment = int8.Equipment with { Precision = choice, LayerErrors = trial.LayerErrors } };
        int8.Dispose();
        FrozenFit other = FitHead(verdict.Network ?? backbone, choice);
        return verdict.Network is null ? other : other with { Equipment = other.Equipment with { LayerErrors = trial.LayerErrors } };
    }

    private FrozenFit FitHead(Backbone backbone, PrecisionChoice precision)
    {
        Featurizer featurizer = _context.CreateFeaturizer(backbone);
        try
        {
            FeaturizedImages images = featurizer.Featurize(train, TrainingNews.OfFeaturizing(_context.Progress), _context.CancellationToken);
            TrainingNews.Tell(_context.Progress, featurizer.CacheNotice);
            CheckClasses([.. images.Images.Select(image => image.Label).Distinct(StringComparer.Ordinal)], train.Root, images.BadImages);
            if (_context is { Test: { } test, Options.FineTuning: null }) featurizer.Begin(test);
            _context.Progress?.Report(new TrainingProgress.FittingHead());
            // A class whose images are all unreadable stays: the fit tells of it, and evaluation counts its images as the errors they are.
            int[] classes = LabelIndices(images, _labels);
            HeadFit head = HeadFitter.Fit(images.Features, classes, _labels.Length, HeadOptions(images, _labels), _context.CancellationToken);
            return new FrozenFit(new Equipment(backbone, featurizer, _context.Device, precision), images, classes, head);
        }
        catch
        {
            featurizer.Dispose();
            throw;
        }
    }

    private ImageClassificationModel Calibrate(Backbone backbone, FrozenFit fit)
    {
        foreach (string notice in fit.Head.Notices) TrainingNews.Tell(_context.Progress, notice);
        FeaturizedImages? heldOut = null;
        float temperature;
        if (validation is null)
        {
            temperature = fit.Head.HeldOutLogits is { } logits
                ? (float)TemperatureScaling.Fit(logits, fit.Classes, _labels.Length, fit.Head.HeldOutWeights)
                : 1;
        }
        else
        {
            heldOut = fit.Equipment.Featurizer.Featurize(
                validation, TrainingNews.OfFeaturizing(_context.Progress), _context.CancellationToken);
            CheckReadable(validation, heldOut);
            int[] classes = LabelIndices(heldOut, _labels);
            temperature = (float)TemperatureScaling.Fit(
                LinearScores.Logits(fit.Head, heldOut.Features),
                classes,
                _labels.Length,
                RowWeights.Of(classes, _labels.Length, _context.Options.ClassWeights));
        }

        var fitted = new FittedHead(_labels, fit.Head, temperature);
        return ModelTuner.Finish(_context, new FrozenModel(backbone, fit.Equipment, fitted, fit.Images, heldOut), train);
    }

    private HeadFitOptions HeadOptions(FeaturizedImages images, string[] labels) => new()
    {
        ClassWeights = _context.Options.ClassWeights,
        ClassNames = labels,
        Seed = _context.Options.Seed,
        DegreeOfParallelism = _context.Options.ThreadCount,
        Groups = GroupByContent(images.ContentHashes),
    };

    private static int[] LabelIndices(FeaturizedImages images, string[] labels) =>
        images.Images.Select(image => Array.BinarySearch(labels, image.Label, StringComparer.Ordinal)).ToArray();

    // Byte-identical photos get one number, so that no fold is tested on a photo that another was fitted on.
    private static long[] GroupByContent(IReadOnlyList<ContentHash> hashes)
    {
        var first = new Dictionary<ContentHash, long>();
        return hashes.Select((hash, index) => first.TryGetValue(hash, out long group) ? group : first[hash] = index).ToArray();
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

/// <summary>A head fitted on a network that stays as it is.</summary>
/// <param name="Equipment">The network, ready to run.</param>
/// <param name="Images">The training images with their features.</param>
/// <param name="Classes">Class of each of their rows.</param>
/// <param name="Head">The head.</param>
internal sealed record FrozenFit(Equipment Equipment, FeaturizedImages Images, int[] Classes, HeadFit Head) : IDisposable
{
    /// <summary>Frees the network.</summary>
    public void Dispose() => Equipment.Featurizer.Dispose();
}
