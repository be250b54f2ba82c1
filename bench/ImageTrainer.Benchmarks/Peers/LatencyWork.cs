using System.Globalization;
using System.Text.Json;
using ImageTrainer.Backbones;
using ImageTrainer.Onnx;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>One photo after the other, each from its file to its answer; below them ONNX Runtime alone.</summary>
internal static class LatencyWork
{
    private const int UsualCount = 24;

    public static void Run(Contest contest)
    {
        ContestOptions options = contest.Options;
        string[] paths = [.. options.RoundSample(UsualCount).Images.Select(image => image.Path)];
        var request = new PeerRequest("latency", paths);
        using ImagePredictionEngine int8 = UntrainedModel.Load(contest.Ours.Int8, "int8", options.ThreadCount);
        using ImagePredictionEngine fp32 = UntrainedModel.Load(contest.Ours.Fp32, "fp32", options.ThreadCount);
        using OnnxNetwork bareInt8 = CreateNetwork(contest.Ours.Int8, options), bareFp32 = CreateNetwork(contest.Ours.Fp32, options);
        List<Participant> participants =
        [
            new("ours, int8 (what auto takes)", () => MedianSeconds(paths, path => int8.Predict(path))),
            new("ours, fp32", () => MedianSeconds(paths, path => fp32.Predict(path))),
            new("onnxruntime-node + sharp, fp32", () => MedianSeconds(contest.Node.Ask(request))),
        ];
        if (contest.Torch is { } torch)
            participants.Add(new("PyTorch channels-last, fp32, PIL", () => MedianSeconds(torch.Ask(request))));
        participants.Add(new("bare ONNX Runtime from C#, int8, nothing decoded", () => MedianOfBare(bareInt8, paths)));
        participants.Add(new("bare ONNX Runtime from C#, fp32, nothing decoded", () => MedianOfBare(bareFp32, paths)));
        Standings.WarmUp(participants);
        Standings.Print(
            $"One photo, p50 of {paths.Length}", options.RoundCount, participants,
            seconds => string.Create(CultureInfo.InvariantCulture, $"{1000 * seconds:0.0} ms"));
    }

    private static OnnxNetwork CreateNetwork(Backbone backbone, ContestOptions options) =>
        new(backbone.BuildFeaturizer(), new OnnxNetworkOptions { ThreadCount = options.ThreadCount });

    private static double MedianOfBare(OnnxNetwork network, string[] paths)
    {
        float[] pixels = new float[network.PixelLength], row = new float[network.FindRowLength("Features")!.Value];
        Array.Fill(pixels, 128);
        return MedianSeconds(paths, _ => network.Run(pixels, 1, "Features", row));
    }

    private static double MedianSeconds(string[] paths, Action<string> job) => Rounds.Median(paths.Select(path => Rounds.Time(() => job(path))).ToArray());

    private static double MedianSeconds(JsonElement answer) => Rounds.Median(answer.GetProperty("latencies").EnumerateArray().Select(value => value.GetDouble()));
}
