using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ImageTrainer.Featurizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Benchmarks;

/// <summary>Fitting a head of one L2 value on drawn features: seconds and the peak of memory against the matrix.</summary>
internal static class HeadFitBenchmark
{
    private static readonly Option<int> Rows = new("--rows") { DefaultValueFactory = _ => 10_000 };
    private static readonly Option<int> Columns = new("--columns") { DefaultValueFactory = _ => 2_048 };
    private static readonly Option<int> Classes = new("--classes") { DefaultValueFactory = _ => 10 };

    public static Command Create()
    {
        var command = new Command("head", "Head fit of [rows, columns], one L2 value.") { Rows, Columns, Classes };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        int rows = result.GetValue(Rows), columns = result.GetValue(Columns), classes = result.GetValue(Classes);
        (FeatureMatrix features, int[] labels) = Draw(rows, columns, classes);
        long before = PeakBytes();
        long start = Stopwatch.GetTimestamp();
        HeadFit fit = HeadFitter.Fit(features, labels, classes,
            new HeadFitOptions { L2Candidates = [0.01], DegreeOfParallelism = Environment.ProcessorCount }, CancellationToken.None);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double matrix = 4.0 * rows * columns;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"[{rows}, {columns}], {classes} classes, l2 {fit.L2}: {seconds:0.00} s; peak of the process {PeakBytes() / matrix:0.00} x the matrix ({before / matrix:0.00} before the fit)"));
    }

    /// <summary>Draws features of classes that differ in a tenth of the columns: neither trivial nor hopeless.</summary>
    internal static (FeatureMatrix Features, int[] Labels) Draw(int rows, int columns, int classes)
    {
        var random = new Random(1);
        float[] values = new float[rows * columns];
        int[] labels = Enumerable.Range(0, rows).Select(row => row % classes).ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            int row = i / columns, column = i % columns;
            double mean = column % 10 == 0 && (column / 10) % classes == labels[row] ? 0.5 : 0;
            values[i] = (float)(mean + random.NextDouble() + random.NextDouble() - 1);
        }

        return (new FeatureMatrix(values, rows, columns), labels);
    }

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
