using System.Globalization;
using ImageTrainer.Evaluation;
using Spectre.Console;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Metrics as tables on stdout.</summary>
internal static class MetricsTables
{
    private const int MostClassRows = 20;
    private const int PlainWidth = 100;

    /// <summary>Prints the headline numbers and the classes, worst first.</summary>
    public static void Print(MulticlassClassificationMetrics metrics)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = PlainWidth;
        console.Write(Headline(metrics));
        console.Write(Classes(metrics));
    }

    private static Table Headline(MulticlassClassificationMetrics metrics)
    {
        Table table = NewTable("Metric", "Value");
        table.AddRow("images", Text(metrics.ImageCount));
        table.AddRow("micro-accuracy", Share(metrics.MicroAccuracy));
        table.AddRow("macro-accuracy", Share(metrics.MacroAccuracy));
        table.AddRow("log-loss", Share(metrics.LogLoss));
        table.AddRow("log-loss reduction", Share(metrics.LogLossReduction));
        table.AddRow("expected calibration error", Share(metrics.ExpectedCalibrationError));
        return table;
    }

    private static Table Classes(MulticlassClassificationMetrics metrics)
    {
        Table table = NewTable("Class (worst first)", "Images", "Precision", "Recall", "F1");
        ClassMetrics[] worstFirst = metrics.PerClass.OrderBy(row => double.IsNaN(row.F1) ? 2 : row.F1).ToArray();
        foreach (ClassMetrics row in worstFirst.Take(MostClassRows))
            table.AddRow(Markup.Escape(row.Label), Text(row.Support), Share(row.Precision), Share(row.Recall), Share(row.F1));
        if (worstFirst.Length > MostClassRows)
            table.Caption($"and {worstFirst.Length - MostClassRows} more classes in metrics.json");
        return table;
    }

    private static Table NewTable(params string[] columns)
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.Ascii : TableBorder.Rounded };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column) { Alignment = column == columns[0] ? Justify.Left : Justify.Right });
        return table;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("0.0000", CultureInfo.InvariantCulture);
}
