using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training.FineTuning;

/// <summary>What a model is made of before it is fine-tuned.</summary>
/// <param name="Backbone">The network in fp32, to be trained.</param>
/// <param name="Equipment">The frozen network, in the arithmetic that suits it; its featurizer is disposed where another network takes its place.</param>
/// <param name="Fitted">The head fitted on its features.</param>
/// <param name="Train">The images that the head was fitted on.</param>
/// <param name="Validation">The images given to validate on, or null.</param>
internal sealed record FrozenModel(
    Backbone Backbone, Equipment Equipment, FittedHead Fitted, FeaturizedImages Train, FeaturizedImages? Validation)
{
    /// <summary>Images that could not be read: those to train on, then those to validate on.</summary>
    public IReadOnlyList<BadImage> BadImages => [.. Train.BadImages, .. Validation?.BadImages ?? []];
}

/// <summary>Makes models of fine-tuned networks.</summary>
internal static class ModelTuner
{
    /// <summary>Fine-tunes where that was asked for, and gives the better model: the frozen network's or the fine-tuned one.</summary>
    /// <param name="context">How to train, whom to tell, and what ends fine-tuning in order: the best so far is given back.</param>
    /// <param name="frozen">The frozen network and its head.</param>
    /// <param name="train">The images to train on, readable or not.</param>
    public static ImageClassificationModel Finish(TrainingContext context, FrozenModel frozen, ImageDataset train)
    {
        ImageClassificationOptions options = context.Options;
        if (options.FineTuning is not { } tuning)
            return new ImageClassificationModel(options, frozen.Equipment, frozen.Fitted, frozen.Train, frozen.BadImages);
        var setting = new TuningSetting(
            frozen.Backbone, frozen.Equipment.Backbone, tuning, options.Seed, options.ClassWeights, frozen.Equipment.Device.Device,
            options.ThreadCount, options.FeatureCache, context.StartTime);
        TuningImages? validation = frozen.Validation is null ? null : Images(frozen.Validation, frozen.Fitted.Labels);
        (TunedNetwork? tuned, FineTuningResult result) = FineTuner.Tune(
            setting, frozen.Fitted.Head, Images(frozen.Train, frozen.Fitted.Labels), validation, context.Progress, context.CancellationToken);
        (Equipment equipment, FittedHead fitted) = tuned is null ? (frozen.Equipment, frozen.Fitted) : Replace(options, frozen, tuned);
        try
        {
            // Who has cancelled waits for no check.
            context.CancellationToken.ThrowIfCancellationRequested();
            // The frozen network has the arithmetic that suits it already, but where nothing of it was to stay frozen.
            if (tuned is not null || tuning.Stages == FineTuneStages.All) equipment = ServedPrecision.Choose(context, equipment, fitted, train);
        }
        catch (OperationCanceledException)
        {
            // What has been trained is there, in fp32.
            result = result with { Ending = FineTuningEnding.Cancelled };
        }
        catch
        {
            equipment.Featurizer.Dispose();
            throw;
        }

        return new ImageClassificationModel(options, equipment, fitted, frozen.Train, [.. frozen.BadImages, .. result.BadImages]) { FineTuning = result };
    }

    private static (Equipment Equipment, FittedHead Fitted) Replace(ImageClassificationOptions options, FrozenModel frozen, TunedNetwork tuned)
    {
        UnappliedProfiles unapplied = frozen.Equipment.Featurizer.UnappliedProfiles;
        frozen.Equipment.Featurizer.Dispose();
        // No cache: the features of this one network will hardly be asked for again.
        var featurizer = new Featurizer(tuned.Backbone, frozen.Equipment.Device.Device, options.ThreadCount, cache: null, unapplied);
        var precision = new PrecisionChoice(NetworkPrecision.Fp32, "it has been trained in fp32");
        var equipment = new Equipment(tuned.Backbone, featurizer, frozen.Equipment.Device, precision);
        var fitted = frozen.Fitted with
        {
            Head = frozen.Fitted.Head with { Weights = tuned.Head.Weights, Biases = tuned.Head.Biases, HeldOutLogits = null, HeldOutWeights = null },
            Temperature = tuned.Temperature,
        };
        return (equipment, fitted);
    }

    private static TuningImages Images(FeaturizedImages images, IReadOnlyList<string> labels)
    {
        string[] sorted = [.. labels];
        return new TuningImages(
            images.Images,
            images.ContentHashes,
            [.. images.Images.Select(image => Array.BinarySearch(sorted, image.Label, StringComparer.Ordinal))],
            images.Features);
    }
}
