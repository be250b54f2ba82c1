using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Training.FineTuning;
using Microsoft.ML;
using Microsoft.ML.Trainers;

namespace ImageTrainer.Training;

public sealed partial class ImageClassificationTrainer
{
    /// <summary>The networks of Microsoft.ML.Vision, by its names.</summary>
    public enum Architecture
    {
        /// <summary>A ResNet of 101 layers; here "resnet101".</summary>
        ResnetV2101,

        /// <summary>Inception 3; not here.</summary>
        InceptionV3,

        /// <summary>MobileNet 2; not here.</summary>
        MobilenetV2,

        /// <summary>A ResNet of 50 layers; here "resnet50".</summary>
        ResnetV250,
    }

    /// <summary>
    /// How to train, by the names of Microsoft.ML.Vision, beside those of <see cref="ImageClassificationOptions"/>. docs/mlnet.md has a
    /// table of what each means here. The head is not trained in epochs but solved, so that what says how epochs go counts where the
    /// network is fine-tuned.
    /// </summary>
    public sealed record Options : ImageClassificationOptions
    {
        /// <summary>The defaults.</summary>
        public Options()
        {
        }

        internal Options(ImageClassificationOptions other)
            : base(other)
        {
        }

        /// <summary>The column of images: paths of files as text, the bytes of files, or decoded images; default "Features".</summary>
        public string FeatureColumnName { get; set; } = "Features";

        /// <summary>The column of labels, of text or keys; default "Label".</summary>
        public string LabelColumnName { get; set; } = "Label";

        /// <summary>The column of probabilities that comes out; default "Score".</summary>
        public string ScoreColumnName { get; set; } = "Score";

        /// <summary>The column of predicted keys that comes out; default "PredictedLabel".</summary>
        public string PredictedLabelColumnName { get; set; } = "PredictedLabel";

        /// <summary>
        /// Images to calibrate on, and to compare epochs on, with the same columns; null (default) for a part of the others, or
        /// cross-validation.
        /// </summary>
        public IDataView? ValidationSet { get; set; }

        /// <summary>
        /// Share of the images to hold out as <see cref="ValidationSet"/> where there is none, above 0 and below 1; null (default) to
        /// hold out none but what fine-tuning needs: probabilities are calibrated by cross-validation then.
        /// </summary>
        public float? ValidationSetFraction { get; set; }

        /// <summary>
        /// The network by Microsoft's name; null (default) for <see cref="ImageClassificationOptions.Backbone"/>, which goes before it.
        /// Where its weights cannot be had, "auto" takes its place, and the log says so.
        /// </summary>
        public Architecture? Arch { get; set; }

        /// <summary>Epochs of fine-tuning; null (default) for its own default. Without fine-tuning it counts for nothing.</summary>
        public int? Epoch { get; set; }

        /// <summary>
        /// Images of a step of fine-tuning; null (default) for its own default. Without fine-tuning it counts for nothing.
        /// </summary>
        public int? BatchSize { get; set; }

        /// <summary>
        /// Learning rate of fine-tuning with SGD; null (default) for its own default. Without fine-tuning it counts for nothing.
        /// </summary>
        public float? LearningRate { get; set; }

        /// <summary>Counts for nothing: rates fall by a cosine.</summary>
        public LearningRateScheduler? LearningRateScheduler { get; set; }

        /// <summary>
        /// Its patience ends fine-tuning; the best epoch is kept, whatever the metric. Null (default) for fine-tuning's own.
        /// </summary>
        public EarlyStopping? EarlyStoppingCriteria { get; set; }

        /// <summary>Told of images, of epochs and of the finished head, one at a time, from any thread; or null (default).</summary>
        public Action<ImageClassificationMetrics>? MetricsCallback { get; set; }

        /// <summary>Folder for what is kept between runs; null (default) for the user's cache folder.</summary>
        public string? WorkspacePath { get; set; }

        /// <summary>Counts for nothing: the head's figures are those of cross-validation.</summary>
        public bool TestOnTrainSet { get; set; } = true;

        /// <summary>Counts for nothing: features are kept by the content of each image, and used again.</summary>
        public bool ReuseTrainSetBottleneckCachedValues { get; set; }

        /// <inheritdoc cref="ReuseTrainSetBottleneckCachedValues"/>
        public bool ReuseValidationSetBottleneckCachedValues { get; set; }

        /// <summary>Counts for nothing: the feature cache names its files.</summary>
        public string? TrainSetBottleneckCachedValuesFileName { get; set; }

        /// <inheritdoc cref="TrainSetBottleneckCachedValuesFileName"/>
        public string? ValidationSetBottleneckCachedValuesFileName { get; set; }

        /// <summary>
        /// Counts for nothing: a model is saved where <see cref="ImageClassificationModel.Save(string,
        /// Evaluation.ClassificationReport?)"/> is told to.
        /// </summary>
        public string? FinalModelPrefix { get; set; }

        /// <summary>The options of the fit beneath.</summary>
        /// <exception cref="NotSupportedException">The architecture is none of ours.</exception>
        internal ImageClassificationOptions ToOwn() => this with
        {
            Backbone = BackboneStore.IsAuto(Backbone) && NameOf(Arch) is { } name ? name : Backbone,
            FeatureCache = WorkspacePath is null ? FeatureCache : new FeatureCacheOptions { Folder = WorkspacePath },
            FineTuning = FineTuning is null ? null : FineTuning with
            {
                EpochCount = Epoch ?? FineTuning.EpochCount,
                BatchSize = BatchSize ?? FineTuning.BatchSize,
                LearningRate = LearningRate is { } rate ? (double)rate : FineTuning.LearningRate,
                Optimizer = LearningRate is null ? FineTuning.Optimizer : Optimizer.Sgd,
                Patience = EarlyStoppingCriteria?.Patience ?? FineTuning.Patience,
            },
        };

        internal static string? NameOf(Architecture? architecture) => architecture switch
        {
            null => null,
            Architecture.ResnetV2101 => "resnet101",
            Architecture.ResnetV250 => "resnet50",
            _ => throw new NotSupportedException(
                $"ImageTrainer has no {architecture}: its networks are residual ones. Take ResnetV250, or leave Arch out for the best that can be had here."),
        };
    }

    /// <summary>What early stopping looks at in Microsoft.ML.Vision.</summary>
    public enum EarlyStoppingMetric
    {
        /// <summary>The share that is right.</summary>
        Accuracy,

        /// <summary>The loss.</summary>
        Loss,
    }

    /// <summary>When fine-tuning ends before its epochs do.</summary>
    /// <param name="minDelta">Counts for nothing: any better loss is better.</param>
    /// <param name="patience">Epochs without a better one after which it ends.</param>
    /// <param name="metric">Counts for nothing: epochs are compared by their validation loss.</param>
    /// <param name="checkIncreasing">Counts for nothing.</param>
    public sealed class EarlyStopping(
        float minDelta = 0.01f, int patience = 20, EarlyStoppingMetric metric = EarlyStoppingMetric.Accuracy, bool checkIncreasing = true)
    {
        /// <summary>As it was given.</summary>
        public float MinDelta { get; set; } = minDelta;

        /// <summary>Epochs without a better one after which fine-tuning ends.</summary>
        public int Patience { get; set; } = patience;

        /// <summary>As it was given.</summary>
        public EarlyStoppingMetric Metric { get; } = metric;

        /// <summary>As it was given.</summary>
        public bool CheckIncreasing { get; set; } = checkIncreasing;
    }

    /// <summary>One item of news: of an image, or of an epoch or the head.</summary>
    public sealed class ImageClassificationMetrics
    {
        /// <summary>What the news is about.</summary>
        public enum Dataset
        {
            /// <summary>The images to learn from.</summary>
            Train,

            /// <summary>Those held out.</summary>
            Validation,
        }

        /// <summary>News of an epoch, or of the finished head; else null.</summary>
        public TrainMetrics? Train { get; set; }

        /// <summary>News of an image's features; else null.</summary>
        public BottleneckMetrics? Bottleneck { get; set; }

        /// <inheritdoc/>
        public override string ToString() => Train?.ToString() ?? Bottleneck?.ToString() ?? "";
    }

    /// <summary>How an epoch, or the head, has done.</summary>
    public sealed class TrainMetrics
    {
        /// <summary>What it was measured on.</summary>
        public ImageClassificationMetrics.Dataset DatasetUsed { get; set; }

        /// <summary>0: steps are not counted here.</summary>
        public int BatchProcessedCount { get; set; }

        /// <summary>Number of the epoch; 0 for the head on the network as it came.</summary>
        public int Epoch { get; set; }

        /// <summary>Share that is right, 0 to 1.</summary>
        public float Accuracy { get; set; }

        /// <summary>Mean log-loss.</summary>
        public float CrossEntropy { get; set; }

        /// <summary>The learning rate; 0 for the head.</summary>
        public float LearningRate { get; set; }

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant(
            $"Phase: Training, Dataset used: {DatasetUsed,10}, Epoch: {Epoch,3}, Accuracy: {Accuracy,10}, Cross-Entropy: {CrossEntropy,10}, Learning Rate: {LearningRate,10}");
    }

    /// <summary>How far the features have come.</summary>
    public sealed class BottleneckMetrics
    {
        /// <summary>Whose features.</summary>
        public ImageClassificationMetrics.Dataset DatasetUsed { get; set; }

        /// <summary>Number of the image, from 1, in the order in which they finish.</summary>
        public int Index { get; set; }

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"Phase: Bottleneck Computation, Dataset used: {DatasetUsed,10}, Image Index: {Index,3}");
    }
}
