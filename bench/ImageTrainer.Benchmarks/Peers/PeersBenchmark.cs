using System.CommandLine;
using ImageTrainer.Data;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>We and the peers in turn on the same photos and the same ResNet-50 weights, with as many threads each.</summary>
internal static class PeersBenchmark
{
    private static readonly Dictionary<string, Action<Contest>> Works = new(StringComparer.Ordinal)
    {
        ["features"] = FeaturesWork.Run,
        ["latency"] = LatencyWork.Run,
        ["train"] = TrainWork.Run,
        ["head"] = HeadWork.Run,
        ["fit"] = FitWork.Run,
    };

    private static readonly Argument<string> Weights = new("weights") { Description = "A ResNet-50 as safetensors, with torchvision's names." };
    private static readonly Argument<string> Photos = new("photos") { Description = "A folder of labelled photos." };
    private static readonly Option<int> RoundCount = new("--rounds") { Description = "Counted rounds; but for train, one more goes before them, uncounted.", DefaultValueFactory = _ => 5 };
    private static readonly Option<int?> Count = new("--count") { Description = "Photos a round. [default: features 64, latency 24, train all]" };
    private static readonly Option<int> ImageSize = new("--image-size") { Description = "Side of the networks' input in pixels.", DefaultValueFactory = _ => 224 };
    private static readonly Option<int> Threads = new("--threads") { DefaultValueFactory = _ => 2 };
    private static readonly Option<string[]> Only = new("--only")
    {
        Description = "Which work: features, latency, train, head, fit. [default: all]",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Command Create()
    {
        Only.AcceptOnlyFromAmong([.. Works.Keys]);
        var command = new Command("peers", "We, onnxruntime-node + sharp, PyTorch and ML.NET itself in turn: features, latency, train, head, fit.")
        {
            Weights, Photos, RoundCount, Count, ImageSize, Threads, Only,
        };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        using var contest = new Contest(new ContestOptions
        {
            Weights = Path.GetFullPath(result.GetRequiredValue(Weights)),
            Photos = ImageDataset.Load(Path.GetFullPath(result.GetRequiredValue(Photos))),
            RoundCount = result.GetValue(RoundCount),
            PhotoCount = result.GetValue(Count),
            ImageSize = result.GetValue(ImageSize),
            ThreadCount = result.GetValue(Threads),
        });
        string[] chosen = result.GetValue(Only) is { Length: > 0 } only ? only : [.. Works.Keys];
        contest.PrintSurroundings(hasProcesses: chosen.Any(work => work != "fit"));
        foreach (string work in chosen) Works[work](contest);
    }
}
