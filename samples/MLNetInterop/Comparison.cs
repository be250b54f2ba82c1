using System.Globalization;
using System.Text.Json;
using Microsoft.ML;

namespace MLNetInterop;

/// <summary>Both systems on the same images.</summary>
internal static class Comparison
{
    /// <summary>Trains with ML.NET on a run's training images and prints the metrics of both models on its test images.</summary>
    public static void Run(string runFolder, string dataset, TextWriter output)
    {
        var mlContext = new MLContext(seed: 1);
        IReadOnlyList<SplitRow> rows = SplitRow.Read(mlContext, Path.Combine(runFolder, "splits.csv"), dataset);
        SplitRow[] test = [.. rows.Where(row => row.Split == "test")];
        string mlNetModel = Path.Combine(runFolder, "mlnet.zip");
        ImageTraining.Run(mlContext, rows.Where(row => row.Split != "test"), mlNetModel);

        TestMetrics ofMLNet = TestMetrics.Measure(mlContext, mlNetModel, test);
        TestMetrics loaded = TestMetrics.Measure(mlContext, Path.Combine(runFolder, "model.zip"), test);
        TestMetrics own = ReadMetrics(Path.Combine(runFolder, "metrics.json"));

        output.WriteLine($"{test.Length} test images of {test.Select(row => row.Label).Distinct().Count()} classes");
        output.WriteLine($"{"",-16}{"ML.NET",12}{"ImageTrainer",16}{"the same, told by its run",28}");
        Print(output, "MicroAccuracy", ofMLNet.MicroAccuracy, loaded.MicroAccuracy, own.MicroAccuracy);
        Print(output, "MacroAccuracy", ofMLNet.MacroAccuracy, loaded.MacroAccuracy, own.MacroAccuracy);
        Print(output, "LogLoss", ofMLNet.LogLoss, loaded.LogLoss, own.LogLoss);
    }

    private static TestMetrics ReadMetrics(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        double Read(string name) => document.RootElement.GetProperty(name).GetDouble();
        return new TestMetrics(Read("microAccuracy"), Read("macroAccuracy"), Read("logLoss"));
    }

    private static void Print(TextWriter output, string name, double ofMLNet, double loaded, double own) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16}{ofMLNet,12:0.0000}{loaded,16:0.0000}{own,28:0.0000}"));
}
