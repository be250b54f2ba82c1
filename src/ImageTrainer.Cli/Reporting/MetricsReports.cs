using System.Text.Json;
using ImageTrainer.Evaluation;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Reporting;

/// <summary>What a report says beside the metrics.</summary>
internal sealed record ReportSource(string Backbone, string Device, string Precision, string Model, int BadImageCount);

/// <summary>Makes reports from evaluations.</summary>
internal static class MetricsReports
{
    /// <summary>Puts an evaluation and its circumstances into a report.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="source">Where it was made and with what.</param>
    /// <param name="elapsed">Wall time of the whole command.</param>
    /// <param name="trained">The model that was trained in the same command, or null.</param>
    public static MetricsReport Create(
        EvaluationResult evaluation, ReportSource source, TimeSpan elapsed, ImageClassificationModel? trained)
    {
        ClassificationReport metrics = evaluation.Metrics;
        int allCount = metrics.ImageCount + (trained?.TrainImageCount ?? 0) + source.BadImageCount;
        return new MetricsReport
        {
            MicroAccuracy = MetricsReport.Defined(metrics.MicroAccuracy),
            MicroAccuracyInterval = metrics.MicroAccuracyInterval,
            MacroAccuracy = MetricsReport.Defined(metrics.MacroAccuracy),
            LogLoss = MetricsReport.Defined(metrics.LogLoss),
            LogLossReduction = MetricsReport.Defined(metrics.LogLossReduction),
            ExpectedCalibrationError = MetricsReport.Defined(metrics.ExpectedCalibrationError),
            TopKAccuracy = metrics.TopKAccuracyForAllK.Select(MetricsReport.Defined).ToArray(),
            PerClass = metrics.PerClass.Select(ClassReport.Of).ToArray(),
            Labels = metrics.PerClass.Select(row => row.Label).ToArray(),
            Backbone = source.Backbone,
            Device = source.Device,
            Precision = source.Precision,
            ImageCount = metrics.ImageCount,
            TrainImageCount = trained?.TrainImageCount,
            BadImageCount = source.BadImageCount,
            FineTuning = trained?.FineTuning is { } tuning ? Report(tuning) : null,
            Seconds = Math.Round(elapsed.TotalSeconds, 3),
            ImagesPerSecond = Math.Round(allCount / elapsed.TotalSeconds, 2),
            Model = source.Model,
        };
    }

    /// <summary>Puts the comparison of frozen and fine-tuned network into a report; where the frozen one is kept, beside the epoch of the lowest loss.</summary>
    public static FineTuningReport Report(FineTuningResult tuning)
    {
        FineTuningEpoch? tuned = tuning.IsBetter ? tuning.Best : tuning.Epochs.MinBy(epoch => epoch.ValidationLoss);
        return new FineTuningReport(
            FineTuningText.Name(tuning.Stages),
            tuning.BestEpoch,
            tuning.Epochs.Count,
            JsonNamingPolicy.CamelCase.ConvertName(tuning.Ending.ToString()),
            tuning.TrainImageCount,
            tuning.ValidationImageCount,
            tuning.IsTrainedOnAll,
            Report(tuning.Frozen),
            tuned is null ? new ValidationReport(null, null) : Report(tuned));
    }

    private static ValidationReport Report(FineTuningEpoch epoch) =>
        new(MetricsReport.Defined(epoch.ValidationLoss), MetricsReport.Defined(epoch.ValidationAccuracy));
}
