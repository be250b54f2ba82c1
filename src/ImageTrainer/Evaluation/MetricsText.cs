using System.Globalization;
using System.Text;

namespace ImageTrainer.Evaluation;

/// <summary>Sets metrics in plain text, the same in every culture.</summary>
internal static class MetricsText
{
    /// <summary>
    /// The figures for all images, one a line, then a row per class, the lowest F1 first. Lines end in LF; the last has no end.
    /// </summary>
    public static string Of(ClassificationReport metrics)
    {
        var text = new StringBuilder();
        Append(text, $"Images                {metrics.ImageCount}");
        (double lower, double upper) = metrics.MicroAccuracyInterval;
        Append(text, $"Micro-accuracy        {metrics.MicroAccuracy:0.0000}  (95 % interval {lower:0.0000} to {upper:0.0000})");
        Append(text, $"Macro-accuracy        {metrics.MacroAccuracy:0.0000}");
        Append(text, $"{$"Top-{metrics.TopKPredictionCount} accuracy",-21} {metrics.TopKAccuracy:0.0000}");
        Append(text, $"Log-loss              {metrics.LogLoss:0.0000}");
        Append(text, $"Log-loss reduction    {Number(metrics.LogLossReduction)}");
        Append(text, $"Calibration error     {metrics.ExpectedCalibrationError:0.0000}");
        text.Append('\n');
        AppendClasses(text, metrics.PerClass);
        return text.ToString().TrimEnd('\n');
    }

    private static void AppendClasses(StringBuilder text, IReadOnlyList<ClassMetrics> perClass)
    {
        int width = Math.Max("Label".Length, perClass.Max(row => row.Label.Length));
        Append(text, $"{"Label".PadRight(width)}  Support  Precision  Recall      F1");
        foreach (ClassMetrics row in perClass.OrderBy(row => double.IsNaN(row.F1)).ThenBy(row => row.F1))
            Append(text, $"{row.Label.PadRight(width)}  {row.Support,7}  {Number(row.Precision),9}  {Number(row.Recall),6}  {Number(row.F1),6}");
    }

    private static string Number(double value) => double.IsNaN(value) ? "-" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
}
