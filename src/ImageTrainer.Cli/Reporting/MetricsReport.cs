using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Cli.Speed;
using ImageTrainer.Evaluation;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Reporting;

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
    ValidationReport FineTuned);

/// <summary>Log-loss and accuracy on validation images.</summary>
internal sealed record ValidationReport(double? LogLoss, double? Accuracy);

/// <summary>One line of <c>predict --json</c>.</summary>
internal sealed record PredictionReport(
    string Path, string? PredictedLabel, float? Probability, IReadOnlyList<LabelProbability>? TopK, string? Error);

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
