using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training.FineTuning;

/// <summary>A fine-tuned network.</summary>
/// <param name="Backbone">The backbone with its new weights.</param>
/// <param name="Head">The head with its new weights.</param>
/// <param name="Temperature">What logits are divided by before the softmax.</param>
internal sealed record TunedNetwork(Backbone Backbone, LinearLayer Head, float Temperature);

/// <summary>
/// Trains the last stages of a residual network together with the head, starting from the fitted linear head, and keeps the epoch that is
/// best on images held out from it: the frozen network where none is better. Then it trains once more from the same start, on all images: what
/// was held out to choose by is learnt from too, as it is by the frozen network's head.
/// </summary>
internal static class FineTuner
{
    // Raise it when the same options and images come to take another course, or a checkpoint to hold other things.
    private const string CourseVersion = "course 8";

    /// <summary>Trains.</summary>
    /// <param name="setting">What to start from.</param>
    /// <param name="head">The head fitted on all of <paramref name="train"/>.</param>
    /// <param name="train">The images to learn from.</param>
    /// <param name="validation">Images to compare epochs on, or null to hold some of the others out.</param>
    /// <param name="progress">Told of every step and epoch; or null.</param>
    /// <param name="cancellationToken">Ends training in order: what is best so far is given back.</param>
    /// <returns>The network, null where the frozen one is at least as good; and how it went.</returns>
    /// <exception cref="BackboneException">The backbone has no stages.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too great, and a tenth of it too.</exception>
    /// <exception cref="CheckpointException">Training was to be resumed, and its checkpoint is damaged or another training's.</exception>
    public static (TunedNetwork? Network, FineTuningResult Result) Tune(
        TuningSetting setting,
        HeadFit head,
        TuningImages train,
        TuningImages? validation,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        (TuningImages learn, TuningImages compare) = validation is null ? HoldOut(train, setting) : (train, validation);
        if (compare.Count == 0) return (null, NothingToValidateOn(setting, learn));
        LinearLayer start = validation is null ? Refit(head, learn, setting, cancellationToken) : new LinearLayer(head.Weights, head.Biases);
        NetworkCut cut = NetworkCut.At(setting, start);
        TuningOutcome chosen = Execute(new TuningRun(setting, cut, learn, compare, KeyOf(setting, start, learn, compare)), progress, cancellationToken);
        FineTuningResult result = chosen.Result;
        if (!result.IsBetter) return (null, result);
        bool isCut = result.Ending is FineTuningEnding.Cancelled or FineTuningEnding.OutOfTime or FineTuningEnding.ImagesLost;
        if (validation is not null || isCut) return (Network(setting, chosen.Weights, chosen.Temperature), result);
        // The rate that the epochs were chosen at: at more, training has diverged already.
        setting = setting with { RateFactor = chosen.RateFactor, Options = setting.Options with { BatchSize = chosen.BatchSize } };
        (IReadOnlyDictionary<string, float[]>? onAll, result) = TrainOnAll(setting, head, train, result, progress, cancellationToken);
        return (Network(setting, onAll ?? chosen.Weights, chosen.Temperature), result);
    }

    // Frees a run's memory before the next one takes as much.
    private static TuningOutcome Execute(TuningRun run, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        using (run) return run.Execute(progress, cancellationToken);
    }

    // Null where it did not come to its end.
    private static (IReadOnlyDictionary<string, float[]>? Weights, FineTuningResult Result) TrainOnAll(
        TuningSetting setting,
        HeadFit head,
        TuningImages train,
        FineTuningResult chosen,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        var start = new LinearLayer(head.Weights, head.Biases);
        int epochCount = chosen.Ending == FineTuningEnding.StoppedEarly ? chosen.BestEpoch : setting.Options.EpochCount;
        setting = setting with { Options = setting.Options with { EpochCount = epochCount } };
        NetworkCut cut = NetworkCut.At(setting, start);
        try
        {
            TuningOutcome outcome = Execute(
                new TuningRun(setting, cut, train, compare: null, KeyOf(setting, start, train, train.Rows([]))), progress, cancellationToken);
            FineTuningResult result = outcome.Result;
            bool isWhole = result.Epochs.Count == epochCount;
            FineTuningResult all = chosen with
            {
                EpochsOnAll = result.Epochs,
                IsTrainedOnAll = isWhole,
                LearningRate = isWhole ? result.LearningRate : chosen.LearningRate,
                Ending = isWhole ? chosen.Ending : result.Ending,
                BadImages = [.. chosen.BadImages.Concat(result.BadImages).DistinctBy(bad => bad.Image)],
            };
            return (isWhole ? outcome.Weights : null, all);
        }
        catch (TrainingDivergedException)
        {
            TrainingNews.Tell(progress, "The training on all images diverged: the model has the one that left images out.");
            return (null, chosen with { EpochsOnAll = [] });
        }
    }

    private static TunedNetwork Network(TuningSetting setting, IReadOnlyDictionary<string, float[]> weights, double temperature) =>
        new(setting.Backbone.WithWeights(NormUnfolding.Fold(weights)), NetworkCut.HeadOf(weights), (float)temperature);

    private static (TuningImages Learn, TuningImages Compare) HoldOut(TuningImages images, TuningSetting setting)
    {
        bool[] isHeldOut = StratifiedSplit.ChooseTest(images.Images, [.. images.Hashes], setting.Options.ValidationFraction, setting.Seed);
        return (
            images.Rows([.. Enumerable.Range(0, images.Count).Where(row => !isHeldOut[row])]),
            images.Rows([.. Enumerable.Range(0, images.Count).Where(row => isHeldOut[row])]));
    }

    // The fitted head has seen the held-out images; the start must not have.
    private static LinearLayer Refit(HeadFit head, TuningImages learn, TuningSetting setting, CancellationToken cancellationToken)
    {
        var options = new HeadFitOptions
        {
            ClassWeights = setting.ClassWeights,
            L2Candidates = [head.L2],
            FoldCount = 0,
            Seed = setting.Seed,
            DegreeOfParallelism = setting.ThreadCount,
        };
        HeadFit start = HeadFitter.Fit(learn.Features, learn.Classes.ToArray(), head.Biases.Length, options, cancellationToken);
        return new LinearLayer(start.Weights, start.Biases);
    }

    private static FineTuningResult NothingToValidateOn(TuningSetting setting, TuningImages learn)
    {
        var unknown = new FineTuningEpoch(0, double.NaN, double.NaN, double.NaN, double.NaN, 0, 0, true);
        return new FineTuningResult(setting.Options.Stages, unknown, [], 0, FineTuningEnding.NothingToValidateOn, learn.Count, 0);
    }

    // Where checkpoints are kept and how long training may take decide nothing about its course.
    private static string KeyOf(TuningSetting setting, LinearLayer start, TuningImages learn, TuningImages compare)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        FineTuningOptions options = setting.Options with { CheckpointFolder = null, Resume = false, TimeBudget = null };
        hash.AppendData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(options, TuningJson.Default.FineTuningOptions)));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{CourseVersion} {setting.Seed} {setting.ClassWeights} {setting.Device} {setting.Backbone.Sha256} {setting.RateFactor}")));
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(start.Weights.AsSpan()));
        foreach (TuningImages images in new[] { learn, compare })
        {
            foreach ((ContentHash content, int label) in images.Hashes.Zip(images.Classes))
                hash.AppendData(Encoding.UTF8.GetBytes($"{content} {label};"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(FineTuningOptions))]
internal sealed partial class TuningJson : System.Text.Json.Serialization.JsonSerializerContext;

/// <summary>What fine-tuning starts from, and where it runs.</summary>
/// <param name="Backbone">The pretrained network, in fp32.</param>
/// <param name="Frozen">The same, as its frozen stages are run: quantized, or itself.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Seed">Seed of every random draw.</param>
/// <param name="ClassWeights">Whether rare classes count more.</param>
/// <param name="Device">Where it runs.</param>
/// <param name="ThreadCount">Threads that decode and compute.</param>
/// <param name="Cache">Where activations are kept, or null to keep none.</param>
/// <param name="StartTime">Timestamp of the options' clock at which the time budget began to run.</param>
internal sealed record TuningSetting(
    Backbone Backbone,
    Backbone Frozen,
    FineTuningOptions Options,
    int Seed,
    ClassWeights ClassWeights,
    ComputeDevice Device,
    int ThreadCount,
    FeatureCacheOptions? Cache,
    long StartTime)
{
    /// <summary>What the options' learning rate is multiplied by from the start: below 1 where an earlier training has diverged at more.</summary>
    public double RateFactor { get; init; } = 1;
}

/// <summary>Images with their classes.</summary>
/// <param name="Images">The N images, all readable.</param>
/// <param name="Hashes">SHA-256 of each file, [N].</param>
/// <param name="Classes">Class of each, 0 to K - 1, [N].</param>
/// <param name="Features">[N, D] of the frozen network.</param>
internal sealed record TuningImages(
    IReadOnlyList<LabeledImage> Images, IReadOnlyList<ContentHash> Hashes, IReadOnlyList<int> Classes, FeatureMatrix Features)
{
    /// <summary>N.</summary>
    public int Count => Images.Count;

    /// <summary>Some of the images, in their order.</summary>
    public TuningImages Rows(int[] rows) => new(
        [.. rows.Select(row => Images[row])],
        [.. rows.Select(row => Hashes[row])],
        [.. rows.Select(row => Classes[row])],
        Features.Rows(rows));
}
