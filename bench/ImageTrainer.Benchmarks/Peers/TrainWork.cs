using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ImageTrainer.Data;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>
/// The whole <c>train</c> command from an empty cache to a model with its metrics, process start included; against the same recipe in
/// PyTorch: features, 5-fold choice of the penalty, final fit, accuracy on a fifth held out, a file. Both print that accuracy. Round n draws with seed n:
/// how many photos the check of int8 looks at, and which are held out, is luck of the draw.
/// </summary>
internal static class TrainWork
{
    // The console as its own build leaves it, compiled ahead of time; the copy beside this program is not.
    private static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "ImageTrainer.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name,
        OperatingSystem.IsWindows() ? "ImageTrainer.Cli.exe" : "ImageTrainer.Cli"));

    public static void Run(Contest contest)
    {
        ContestOptions options = contest.Options;
        ImageDataset photos = options.RoundSample(options.Photos.Images.Count);
        WriteLists(contest, photos);
        var accuracies = new List<(string Name, double Accuracy)>();
        List<Participant> participants =
        [
            new("ours, train --precision auto", EachSeed(seed => TrainOurs(contest, "auto", seed, accuracies))),
            new("ours, train --precision fp32", EachSeed(seed => TrainOurs(contest, "fp32", seed, accuracies))),
        ];
        if (contest.Torch is { } torch)
            participants.Add(new($"the recipe in PyTorch, {torch.LoaderText}", EachSeed(seed => TrainTorch(contest, torch, seed, accuracies))));
        Standings.Print(
            $"Training on {photos.Images.Count} photos, whole command, cold cache", options.RoundCount, participants,
            seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"));
        IEnumerable<string> means = accuracies.GroupBy(one => one.Name, one => one.Accuracy)
            .Select(all => string.Create(CultureInfo.InvariantCulture, $"{all.Key} {all.Average():0.000}"));
        Console.WriteLine($"  held-out accuracies, mean over the rounds: {string.Join(", ", means)}");
    }

    private static Func<double> EachSeed(Func<int, double> train)
    {
        int seed = 0;
        return () => train(++seed);
    }

    // Writing them reads every photo once: nobody is the first to fetch them from the disk.
    private static void WriteLists(Contest contest, ImageDataset photos)
    {
        foreach (LabeledImage image in photos.Images) File.ReadAllBytes(image.Path);
        File.WriteAllLines(contest.PathOf("photos.tsv"), ["path\tlabel", .. Lines(photos)]);
        File.WriteAllLines(contest.PathOf("photos.txt"), Lines(photos));
    }

    private static IEnumerable<string> Lines(ImageDataset photos) => photos.Images.Select(image => $"{image.Path}\t{image.Label}");

    private static double TrainOurs(Contest contest, string precision, int seed, List<(string, double)> accuracies)
    {
        string cache = contest.PathOf("cache"), run = contest.PathOf("run");
        var start = new ProcessStartInfo(
            Program,
            ["train", contest.PathOf("photos.tsv"), "--backbone", contest.Options.Weights, "--image-size", $"{contest.Options.ImageSize}", "--precision", precision, "--seed", $"{seed}", "--device", "cpu", "--run-dir", run, "--json"]);
        start.Environment["XDG_CACHE_HOME"] = cache;
        start.Environment["DOTNET_PROCESSOR_COUNT"] = contest.Options.ThreadCount.ToString(CultureInfo.InvariantCulture);
        (double seconds, JsonElement metrics) = Time(start);
        accuracies.Add((precision, metrics.GetProperty("microAccuracy").GetDouble()));
        Directory.Delete(run, recursive: true);
        Directory.Delete(cache, recursive: true);
        return seconds;
    }

    private static double TrainTorch(Contest contest, TorchPeer torch, int seed, List<(string, double)> accuracies)
    {
        object[] arguments = [contest.PathOf("photos.txt"), contest.Options.Weights, contest.PathOf("model.pt"), contest.Options.ThreadCount, contest.Options.ImageSize, torch.WorkerCount, seed];
        (double seconds, JsonElement result) = Time(new ProcessStartInfo(
            TorchPeer.Python, [PeerFiles.PathOf("pytorch_train.py"), .. arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!)]));
        accuracies.Add(("PyTorch", result.GetProperty("accuracy").GetDouble()));
        return seconds;
    }

    private static (double Seconds, JsonElement Output) Time(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (process.ExitCode != 0) throw new PeerException($"{Path.GetFileName(start.FileName)} ended with exit code {process.ExitCode}: {error.Result}");
        return (seconds, JsonDocument.Parse(output).RootElement);
    }
}
