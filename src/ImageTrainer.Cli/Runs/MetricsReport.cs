using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Evaluation;
using ImageTrainer.Models;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>The content of metrics.json and of <c>--json</c>. Undefined numbers are null.</summary>
internal sealed record MetricsReport
{
    /// <summary>Share of the images that got their label, 0 to 1.</summary>
    public required double? MicroAccuracy { get; init; }

    /// <summary>Where the micro-accuracy lies with 95 % confidence.</summary>
    public required ConfidenceInterval MicroAccuracyInterval { get; init; }

    /// <summary>Mean of the classes' recalls, 0 to 1: every class counts the same, however many images it has.</summary>
    public required double? MacroAccuracy { get; init; }

    /// <summary>
    /// Mean of -ln of the probability that an image's own label was given; 0 is best, ln K is what guessing among K classes comes to.
    /// </summary>
    public required double? LogLoss { get; init; }

    /// <summary>
    /// 1 - log-loss / that of the classes' shares alone: 1 is perfect, 0 no better than knowing how frequent each class is.
    /// </summary>
    public required double? LogLossReduction { get; init; }

    /// <summary>
    /// How far probabilities are from what they promise, 0 to 1: |accuracy - mean confidence| of each of 15 bins of confidence, weighted
    /// by images (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    /// </summary>
    public required double? ExpectedCalibrationError { get; init; }

    /// <summary>For k = 1, 2, ... up to 5 or the number of classes.</summary>
    public required IReadOnlyList<double?> TopKAccuracy { get; init; }

    /// <summary>One row a class, in the order of <see cref="Labels"/>.</summary>
    public required IReadOnlyList<ClassReport> PerClass { get; init; }

    /// <summary>The classes, in the order of the model's scores.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Name of the network: "resnet18-mlnet", or that of a file.</summary>
    public required string Backbone { get; init; }

    /// <summary>Where it ran: "cpu", "cuda:0".</summary>
    public required string Device { get; init; }

    /// <summary>The network's arithmetic: "int8" or "fp32".</summary>
    public required string Precision { get; init; }

    /// <summary>Number of images the metrics are over.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Number of images trained on; null for an evaluation.</summary>
    public int? TrainImageCount { get; init; }

    /// <summary>Images that could not be read, in training and measuring together.</summary>
    public required int BadImageCount { get; init; }

    /// <summary>The frozen network against the fine-tuned one; null where the network was left as it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FineTuningReport? FineTuning { get; init; }

    /// <summary>Wall time of the whole command.</summary>
    public required double Seconds { get; init; }

    /// <summary>All images of the command by its wall time.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Path of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Puts an evaluation and its circumstances into a report.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="source">Where it was made and with what.</param>
    /// <param name="elapsed">Wall time of the whole command.</param>
    /// <param name="trained">The model that was trained in the same command, or null.</param>
    public static MetricsReport Of(
        EvaluationResult evaluation, ReportSource source, TimeSpan elapsed, ImageClassificationModel? trained)
    {
        ClassificationReport metrics = evaluation.Metrics;
        int allCount = metrics.ImageCount + (trained?.TrainImageCount ?? 0) + source.BadImageCount;
        return new MetricsReport
        {
            MicroAccuracy = Defined(metrics.MicroAccuracy),
            MicroAccuracyInterval = metrics.MicroAccuracyInterval,
            MacroAccuracy = Defined(metrics.MacroAccuracy),
            LogLoss = Defined(metrics.LogLoss),
            LogLossReduction = Defined(metrics.LogLossReduction),
            ExpectedCalibrationError = Defined(metrics.ExpectedCalibrationError),
            TopKAccuracy = metrics.TopKAccuracyForAllK.Select(Defined).ToArray(),
            PerClass = metrics.PerClass.Select(ClassReport.Of).ToArray(),
            Labels = metrics.PerClass.Select(row => row.Label).ToArray(),
            Backbone = source.Backbone,
            Device = source.Device,
            Precision = source.Precision,
            ImageCount = metrics.ImageCount,
            TrainImageCount = trained?.TrainImageCount,
            BadImageCount = source.BadImageCount,
            FineTuning = trained?.FineTuning is { } tuning ? FineTuningReport.Of(tuning) : null,
            Seconds = Math.Round(elapsed.TotalSeconds, 3),
            ImagesPerSecond = Math.Round(allCount / elapsed.TotalSeconds, 2),
            Model = source.Model,
        };
    }

    /// <summary>The report as indented JSON with names in camelCase, lines ended by \n on every system.</summary>
    public string ToJson() => VisibleText.OfLines(JsonSerializer.Serialize(this, ReportJson.Indented.MetricsReport));

    /// <summary>A number that JSON can hold: NaN and infinity, as of a class without images, become null.</summary>
    public static double? Defined(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The row of one class.</summary>
/// <param name="Label">Name of the class.</param>
/// <param name="Support">How many of the measured images are of it.</param>
/// <param name="Precision">Share of the images given this label that are of the class, 0 to 1.</param>
/// <param name="Recall">Share of the class's images that got its label, 0 to 1.</param>
/// <param name="F1">Harmonic mean of both.</param>
internal sealed record ClassReport(string Label, int Support, double? Precision, double? Recall, double? F1)
{
    /// <summary>
    /// The row of a class as it is measured; precision of a class that is never predicted is null, as is recall of one without images.
    /// </summary>
    public static ClassReport Of(ClassMetrics metrics) => new(
        metrics.Label,
        metrics.Support,
        MetricsReport.Defined(metrics.Precision),
        MetricsReport.Defined(metrics.Recall),
        MetricsReport.Defined(metrics.F1));
}

/// <summary>What fine-tuning came to, on the images that epochs were compared on.</summary>
/// <param name="Stages">What was trained: "stage4", "stage3" or "all".</param>
/// <param name="BestEpoch">Number of the epoch that is kept, from 1; 0 for the frozen network.</param>
/// <param name="EpochCount">Epochs that were finished.</param>
/// <param name="Ending">Why it ended: "completed", "stoppedEarly", "outOfTime" ...</param>
/// <param name="TrainImageCount">Images that were learned from before those held out were learned from too.</param>
/// <param name="ValidationImageCount">Images that epochs were compared on.</param>
/// <param name="IsTrainedOnAll">Whether the kept weights come from a second training on all images.</param>
/// <param name="Frozen">Figures of the network as it came, under its fitted head.</param>
/// <param name="FineTuned">Figures of the epoch that is kept, or where the frozen network is, of the epoch of the lowest loss.</param>
internal sealed record FineTuningReport(
    string Stages,
    int BestEpoch,
    int EpochCount,
    string Ending,
    int TrainImageCount,
    int ValidationImageCount,
    bool IsTrainedOnAll,
    ValidationReport Frozen,
    ValidationReport FineTuned)
{
    /// <summary>
    /// Puts the comparison of frozen and fine-tuned network into a report; where the frozen one is kept, beside the epoch of the lowest
    /// loss.
    /// </summary>
    public static FineTuningReport Of(FineTuningResult tuning)
    {
        FineTuningEpoch? tuned = tuning.IsBetter ? tuning.Best : tuning.Epochs.MinBy(epoch => epoch.ValidationLoss);
        return new FineTuningReport(
            FineTuningText.Name(tuning.Stages),
            tuning.BestEpoch,
            tuning.Epochs.Count,
            NameOf(tuning.Ending),
            tuning.TrainImageCount,
            tuning.ValidationImageCount,
            tuning.IsTrainedOnAll,
            ValidationReport.Of(tuning.Frozen),
            tuned is null ? new ValidationReport(null, null) : ValidationReport.Of(tuned));
    }

    /// <summary>How training ended, as reports name it: "outOfTime".</summary>
    public static string NameOf(FineTuningEnding ending) => JsonNamingPolicy.CamelCase.ConvertName(ending.ToString());
}

/// <summary>Log-loss and accuracy on validation images.</summary>
internal sealed record ValidationReport(double? LogLoss, double? Accuracy)
{
    /// <summary>The figures of one epoch; number 0 is the frozen network.</summary>
    public static ValidationReport Of(FineTuningEpoch epoch) =>
        new(MetricsReport.Defined(epoch.ValidationLoss), MetricsReport.Defined(epoch.ValidationAccuracy));
}

/// <summary>One line of <c>predict --json</c>.</summary>
/// <param name="Path">The image as it was named; "-" of one that came through standard input.</param>
/// <param name="PredictedLabel">The likeliest label; null where the image could not be read.</param>
/// <param name="Probability">Its calibrated probability, 0 to 1.</param>
/// <param name="TopK">The likeliest labels with their probabilities, likeliest first.</param>
/// <param name="Error">Why the image could not be read; null where it could.</param>
internal sealed record PredictionReport(
    string Path, string? PredictedLabel, float? Probability, IReadOnlyList<LabelProbability>? TopK, string? Error);

/// <summary>What a report says beside the metrics.</summary>
/// <param name="Backbone">Name of the network.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Precision">"int8" or "fp32".</param>
/// <param name="Model">Path of the model as the user would write it.</param>
/// <param name="BadImageCount">Images that could not be read, in training and measuring together.</param>
internal sealed record ReportSource(string Backbone, string Device, string Precision, string Model, int BadImageCount);

[JsonSerializable(typeof(MetricsReport))]
[JsonSerializable(typeof(PredictionReport))]
[JsonSerializable(typeof(SpeedReport))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>One object a line.</summary>
    public static ReportJson Lines { get; } = new(CreateOptions(isIndented: false));

    /// <summary>The same, indented.</summary>
    public static ReportJson Indented { get; } = new(CreateOptions(isIndented: true));

    /// <summary>The options of both forms. Text of any language stands as itself: the output is UTF-8 and no web page.</summary>
    /// <param name="isIndented">Whether for people, over several lines.</param>
    private static JsonSerializerOptions CreateOptions(bool isIndented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = isIndented,
        NewLine = "\n",
    };
}
