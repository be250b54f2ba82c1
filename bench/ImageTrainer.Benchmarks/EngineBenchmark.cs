using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Benchmarks;

/// <summary>A saved model in use: time to the first prediction, latency, and memory over many predictions.</summary>
internal static class EngineBenchmark
{
    private static readonly Argument<string> Model = new("model") { Description = "A model.zip." };
    private static readonly Argument<string> Images = new("images") { Description = "A folder of photos." };
    private static readonly Option<int> Predictions = new("--predictions") { DefaultValueFactory = _ => 20_000 };
    private static readonly Option<int> FirstMark = new("--first-mark") { Description = "Prediction at which memory is first read.", DefaultValueFactory = _ => 1_000 };

    public static Command Create()
    {
        var command = new Command("engine", "Load + first prediction, latency and memory of a saved model.") { Model, Images, Predictions, FirstMark };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        string[] photos = Directory.EnumerateFiles(result.GetRequiredValue(Images), "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        long start = Stopwatch.GetTimestamp();
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(result.GetRequiredValue(Model));
        engine.Predict(photos[0]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"load + first prediction: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms"));

        int mark = result.GetValue(FirstMark), total = result.GetValue(Predictions);
        var milliseconds = new List<double>(total);
        long early = 0, earlyAllocated = 0;
        for (int i = 1; i <= total; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            engine.Predict(photos[i % photos.Length]);
            milliseconds.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            if (i == mark) (early, earlyAllocated) = (ResidentBytes(), GC.GetTotalAllocatedBytes());
        }

        long late = ResidentBytes();
        double[] sorted = milliseconds.Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{total} predictions: p50 {sorted[total / 2]:0.0} ms, p95 {sorted[total * 95 / 100]:0.0} ms, p99 {sorted[total * 99 / 100]:0.0} ms"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"resident: {early / 1e6:0.0} MB after {mark}, {late / 1e6:0.0} MB after {total} ({100.0 * (late - early) / early:+0.0;-0.0} %); managed allocation {(GC.GetTotalAllocatedBytes() - earlyAllocated) / (double)Math.Max(1, total - mark):0} bytes a prediction"));
    }

    private static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
