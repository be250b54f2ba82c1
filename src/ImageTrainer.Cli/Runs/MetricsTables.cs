using System.Globalization;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Evaluation;
using Spectre.Console;

namespace ImageTrainer.Cli.Runs;

/// <summary>Metrics as tables on stdout.</summary>
internal static class MetricsTables
{
    /// <summary>Rows of the table of classes; those left out are no worse than the last one shown.</summary>
    private const int MostClassRows = 20;

    /// <summary>Rows of the table of mistakes.</summary>
    private const int MostMistakes = 5;

    /// <summary>For which k the share of images whose label is among the k likeliest is shown.</summary>
    private static readonly int[] TopCounts = [2, 3, 5];

    /// <summary>Prints the headline numbers, the classes worst first, and the commonest mistakes.</summary>
    public static void Print(ClassificationReport metrics)
    {
        IReadOnlyList<Confusion> mistakes = metrics.ConfusionMatrix.MostConfused(MostMistakes);
        TextTables.Write([Headline(metrics), Classes(metrics), .. mistakes.Count > 0 ? [Mistakes(mistakes)] : Array.Empty<Table>()]);
    }

    /// <summary>The figures over all images.</summary>
    private static Table Headline(ClassificationReport metrics)
    {
        (double lower, double upper) = metrics.MicroAccuracyInterval;
        Table table = TextTables.New("Metric", "Value");
        table.AddRow("images", Text(metrics.ImageCount));
        table.AddRow("micro-accuracy", Share(metrics.MicroAccuracy));
        table.AddRow("  95 % interval", $"{Share(lower)} to {Share(upper)}");
        table.AddRow("macro-accuracy", Share(metrics.MacroAccuracy));
        // Among all the labels the right one always is.
        foreach (int count in TopCounts.Where(count => count <= metrics.TopKPredictionCount && count < metrics.PerClass.Count))
            table.AddRow($"top-{count} accuracy", Share(metrics.TopKAccuracyForAllK[count - 1]));
        table.AddRow("log-loss", Share(metrics.LogLoss));
        table.AddRow("log-loss reduction", Share(metrics.LogLossReduction));
        table.AddRow("expected calibration error", Share(metrics.ExpectedCalibrationError));
        return table;
    }

    /// <summary>The classes, lowest F1 first; those whose F1 is not defined, for they have no images, come last.</summary>
    private static Table Classes(ClassificationReport metrics)
    {
        Table table = TextTables.New("Class (worst first)", "Images", "Precision", "Recall", "F1");
        ClassMetrics[] worstFirst = [.. metrics.PerClass.OrderBy(row => double.IsNaN(row.F1)).ThenBy(row => row.F1)];
        foreach (ClassMetrics row in worstFirst.Take(MostClassRows))
            table.AddRow(TextTables.Cell(row.Label), Text(row.Support), Share(row.Precision), Share(row.Recall), Share(row.F1));
        if (worstFirst.Length > MostClassRows)
            table.Caption($"and {worstFirst.Length - MostClassRows} more classes, none of them worse");
        return table;
    }

    /// <summary>Which class was taken for which, most often first.</summary>
    private static Table Mistakes(IReadOnlyList<Confusion> mistakes)
    {
        Table table = TextTables.New("Commonest mistakes", "Taken for", "Images");
        table.Columns[1].Alignment = Justify.Left;
        foreach (Confusion mistake in mistakes)
            table.AddRow(TextTables.Cell(mistake.Actual), TextTables.Cell(mistake.Predicted), Text(mistake.Count));
        return table;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Four places; "-" of what is not defined.</summary>
    private static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("0.0000", CultureInfo.InvariantCulture);
}

/// <summary>What <c>--min-accuracy</c> does.</summary>
internal static class QualityGate
{
    /// <summary>Whether the model is not good enough; says so.</summary>
    /// <param name="metrics">How good it is.</param>
    /// <param name="minimum">Least micro-accuracy, 0 to 1, or null for any.</param>
    /// <param name="log">Where to say it.</param>
    public static bool Fails(ClassificationReport metrics, double? minimum, RunLog log)
    {
        if (minimum is null || metrics.MicroAccuracy >= minimum) return false;
        log.Say(string.Create(CultureInfo.InvariantCulture,
            $"Micro-accuracy {metrics.MicroAccuracy:0.0000####} is below --min-accuracy {minimum}."));
        return true;
    }
}
