using System.CommandLine;
using ImageTrainer.Batch;
using ImageTrainer.Onnx;

namespace ImageTrainer.Benchmarks;

/// <summary>Scoring a pile of photos into a CSV file against featurizing the same photos with the same network, as training does it.</summary>
internal static class ScoringBenchmark
{
    private static readonly Argument<string> Model = new("model") { Description = "A model.zip of any precision." };
    private static readonly Argument<string> Images = new("images") { Description = "A folder of photos." };
    private static readonly Option<int> RoundCount = new("--rounds") { DefaultValueFactory = _ => 5 };
    private static readonly Option<int> ImageCount = new("--count") { Description = "Photos a round.", DefaultValueFactory = _ => 64 };

    public static Command Create()
    {
        var command = new Command("scoring", "Batch scoring end to end against featurizing.") { Model, Images, RoundCount, ImageCount };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        int count = result.GetValue(ImageCount);
        string[] all = [.. Directory.EnumerateFiles(result.GetRequiredValue(Images), "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path) is ".jpg" or ".png").Order(StringComparer.Ordinal)];
        // Every class gets its share, so that the photos are as varied as the folder.
        string[] photos = [.. Enumerable.Range(0, count).Select(i => Path.GetFullPath(all[(int)((long)i * all.Length / count)]))];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("imagetrainer-bench-");
        try
        {
            string list = Path.Combine(folder.FullName, "photos.txt");
            File.WriteAllLines(list, photos);
            using ImagePredictionEngine engine = ImagePredictionEngine.Load(
                result.GetRequiredValue(Model), new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });
            Rounds.Run(result.GetValue(RoundCount), count,
                ("featurizing", () => Featurize(engine, photos)),
                ("scoring into a CSV file", () => Score(engine, list, folder.FullName)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Featurize(ImagePredictionEngine engine, string[] photos)
    {
        using var runner = new ImageBatchRunner(engine.Network, "Features", Environment.ProcessorCount);
        runner.Run(photos.Length, Fill, (_, _) => { }, CancellationToken.None);

        bool Fill(int index, Span<float> pixels)
        {
            engine.Reader.ReadPixels(photos[index], engine.Manifest.Preprocessing, pixels);
            return true;
        }
    }

    private static void Score(ImagePredictionEngine engine, string list, string folder)
    {
        string output = Path.Combine(folder, "scores.csv");
        new BatchScorer(engine, "none").Score([list], output);
        File.Delete(output);
        File.Delete(output + ".journal");
    }
}
