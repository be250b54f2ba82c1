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
    public required double? MicroAccuracy { get; init; }

    /// <summary>Where the micro-accuracy lies with 95 % confidence.</summary>
    public required ConfidenceInterval MicroAccuracyInterval { get; init; }

    public required double? MacroAccuracy { get; init; }

    public required double? LogLoss { get; init; }

    public required double? LogLossReduction { get; init; }

    public required double? ExpectedCalibrationError { get; init; }

    /// <summary>For k = 1, 2, ... up to 5 or the number of classes.</summary>
    public required IReadOnlyList<double?> TopKAccuracy { get; init; }

    public required IReadOnlyList<ClassReport> PerClass { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required string Backbone { get; init; }

    public required string Device { get; init; }

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

    public string ToJson() => VisibleText.OfLines(JsonSerializer.Serialize(this, ReportJson.Indented.MetricsReport));

    public static double? Defined(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The row of one class.</summary>
internal sealed record ClassReport(string Label, int Support, double? Precision, double? Recall, double? F1)
{
    public static ClassReport Of(ClassMetrics metrics) => new(
        metrics.Label,
        metrics.Support,
        MetricsReport.Defined(metrics.Precision),
        MetricsReport.Defined(metrics.Recall),
        MetricsReport.Defined(metrics.F1));
}

/// <summary>What fine-tuning came to, on the images that epochs were compared on.</summary>
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
internal sealed record PredictionReport(
    string Path, string? PredictedLabel, float? Probability, IReadOnlyList<LabelProbability>? TopK, string? Error);

/// <summary>What a report says beside the metrics.</summary>
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

    // Text of any language stands as itself: the output is UTF-8 and no web page.
    private static JsonSerializerOptions CreateOptions(bool isIndented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = isIndented,
        NewLine = "\n",
    };
}
