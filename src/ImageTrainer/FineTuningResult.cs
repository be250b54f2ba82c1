using System.Globalization;
using System.Text.Json.Serialization;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Models;

namespace ImageTrainer.Training.FineTuning;

/// <summary>One pass over the training images. In JSON, NaN is null.</summary>
/// <param name="Number">From 1; 0 is the frozen network before training.</param>
/// <param name="TrainLoss">Mean loss of the epoch's steps, smoothing and mixing included; NaN for number 0.</param>
/// <param name="TrainAccuracy">Share of the (augmented) training images that were right as they came by, 0 to 1; NaN for number 0.</param>
/// <param name="ValidationLoss">Mean log-loss of the validation images at the best temperature, in nats, with the weights that would be
/// kept; NaN in the training on all images.</param>
/// <param name="ValidationAccuracy">Share of the validation images that are right, 0 to 1; NaN in the training on all images.</param>
/// <param name="LearningRate">The last stage's rate at the end of the epoch.</param>
/// <param name="ImagesPerSecond">Training images by the time of the epoch, validation included.</param>
/// <param name="IsBest">Whether it is the best of the epochs so far: one that beats the frozen network before one that does not, then
/// the lower validation loss. In the training on all images every epoch, for the last one is kept.</param>
public sealed record FineTuningEpoch(
    int Number,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double TrainLoss,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double TrainAccuracy,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double ValidationLoss,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double ValidationAccuracy,
    double LearningRate,
    double ImagesPerSecond,
    bool IsBest)
{
    /// <summary>
    /// Whether more validation images are right than another time, or the loss is lower and no more are wrong than chance explains: one
    /// standard
    /// error of the share that is right, sqrt(p (1 - p) / N).
    /// </summary>
    /// <param name="other">The other time.</param>
    /// <param name="imageCount">N, the number of validation images.</param>
    public bool Beats(FineTuningEpoch other, int imageCount)
    {
        double standardError = Math.Sqrt(other.ValidationAccuracy * (1 - other.ValidationAccuracy) / imageCount);
        return ValidationAccuracy > other.ValidationAccuracy
            || (ValidationLoss < other.ValidationLoss && other.ValidationAccuracy - ValidationAccuracy <= standardError);
    }

    /// <summary>
    /// Whether it is kept rather than another epoch: where only one of them beats the frozen network, that one; else that of the
    /// lower loss.
    /// </summary>
    /// <param name="other">The other epoch.</param>
    /// <param name="frozen">The frozen network.</param>
    /// <param name="imageCount">The number of validation images.</param>
    internal bool IsBetterThan(FineTuningEpoch other, FineTuningEpoch frozen, int imageCount)
    {
        (bool beats, bool otherBeats) = (Beats(frozen, imageCount), other.Beats(frozen, imageCount));
        return beats == otherBeats ? ValidationLoss < other.ValidationLoss : beats;
    }
}

/// <summary>Why training ended.</summary>
public enum FineTuningEnding
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>The validation loss has not become better for some epochs.</summary>
    StoppedEarly,

    /// <summary>The time was used up.</summary>
    OutOfTime,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>None of the images could be read any more.</summary>
    ImagesLost,

    /// <summary>There were too few images to hold any out for validation: nothing was trained.</summary>
    NothingToValidateOn,
}

/// <summary>What fine-tuning came to.</summary>
/// <param name="Stages">What was trained.</param>
/// <param name="Frozen">The frozen network with the linear head that training started from.</param>
/// <param name="Epochs">The epochs that were finished, in order, of the training that left images out to compare them on.</param>
/// <param name="BestEpoch">
/// Number of the epoch of the lowest validation loss among those that beat the frozen network: more validation images right, or a lower
/// loss and as
/// many right but for chance; 0 where none does: the model then has the frozen network.
/// </param>
/// <param name="Ending">Why training ended.</param>
/// <param name="TrainImageCount">Images that steps were taken on.</param>
/// <param name="ValidationImageCount">Images that epochs were compared on.</param>
public sealed record FineTuningResult(
    FineTuneStages Stages,
    FineTuningEpoch Frozen,
    IReadOnlyList<FineTuningEpoch> Epochs,
    int BestEpoch,
    FineTuningEnding Ending,
    int TrainImageCount,
    int ValidationImageCount)
{
    /// <summary>
    /// The epochs of a second training from the same start on all images, as many as were asked for, or as were best where the first
    /// training
    /// stopped early; null where it was not begun, because validation images were given, the frozen network is kept, or time was up.
    /// </summary>
    public IReadOnlyList<FineTuningEpoch>? EpochsOnAll { get; init; }

    /// <summary>Whether the model has the weights of the second training.</summary>
    public bool IsTrainedOnAll { get; init; }

    /// <summary>
    /// Greatest learning rate of the last stage on the way to these weights: less than was asked for where training has diverged.
    /// </summary>
    public double LearningRate { get; init; }

    /// <summary>Images that could not be read any more while it was trained, and did not count from then on.</summary>
    internal IReadOnlyList<BadImage> BadImages { get; init; } = [];

    /// <summary>Whether the model has trained weights; false where the frozen network was at least as good.</summary>
    public bool IsBetter => BestEpoch > 0;

    /// <summary>
    /// The best epoch of the training that left images out, or the frozen network. The model has its weights, or where
    /// <see cref="IsTrainedOnAll"/>, which there was nothing to compare by, those of the last of <see cref="EpochsOnAll"/>.
    /// </summary>
    public FineTuningEpoch Best => BestEpoch == 0 ? Frozen : Epochs[BestEpoch - 1];

    /// <summary>What the manifest keeps of it.</summary>
    internal FineTuningRecord ToRecord(FineTuningOptions options) => new(
        Stages.ToString().ToLowerInvariant(),
        BestEpoch,
        options.EpochCount,
        options.Optimizer.ToString().ToLowerInvariant(),
        LearningRate,
        options.Augmentation.ToString().ToLowerInvariant(),
        options.Mixup,
        options.WeightDecay,
        options.L1,
        options.Dropout,
        options.LabelSmoothing,
        options.ClipNorm,
        TrainImageCount + (IsTrainedOnAll ? ValidationImageCount : 0),
        ValidationImageCount,
        Best.ValidationLoss,
        Frozen.ValidationLoss,
        options.BatchNorm.ToString().ToLowerInvariant(),
        options.EffectiveInterpolation);
}

/// <summary>Training diverged: the loss is not finite, or above 1000 nats, also at a tenth of the learning rate.</summary>
public sealed class TrainingDivergedException : ImageTrainerException
{
    /// <summary>Describes where training has diverged.</summary>
    /// <param name="epoch">Epoch, from 1.</param>
    /// <param name="step">Step within the epoch, from 1.</param>
    /// <param name="learningRate">The learning rate of the last attempt.</param>
    public TrainingDivergedException(int epoch, int step, double learningRate)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Training diverged in epoch {epoch}, step {step}: the loss is no longer a sensible number, even at a learning rate of {learningRate:0.######}, ")
            + "a tenth of the one asked for. Use a smaller learning rate.")
    {
        (Epoch, Step, LearningRate) = (epoch, step, learningRate);
    }

    /// <summary>Epoch, from 1.</summary>
    public int Epoch { get; }

    /// <summary>Step within the epoch, from 1.</summary>
    public int Step { get; }

    /// <summary>The learning rate of the last attempt.</summary>
    public double LearningRate { get; }
}
