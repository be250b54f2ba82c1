using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>Features of a folder of photos, decoding included; below them ONNX Runtime alone, on pixels that are already there.</summary>
internal static class FeaturesWork
{
    private const int UsualCount = 64;

    public static void Run(Contest contest)
    {
        ContestOptions options = contest.Options;
        ImageDataset photos = options.RoundSample(UsualCount);
        var request = new PeerRequest("features", [.. photos.Images.Select(image => image.Path)], contest.Torch?.WorkerCount);
        using Featurizer int8 = CreateFeaturizer(contest.Ours.Int8, options), fp32 = CreateFeaturizer(contest.Ours.Fp32, options);
        using OnnxNetwork bareInt8 = CreateNetwork(contest.Ours.Int8), bareFp32 = CreateNetwork(contest.Ours.Fp32);
        List<Participant> participants =
        [
            new("ours, int8 (what auto takes)", () => Rounds.Time(() => Featurize(int8, photos))),
            new("ours, fp32", () => Rounds.Time(() => Featurize(fp32, photos))),
            new("onnxruntime-node + sharp, fp32", () => Seconds(contest.Node.Ask(request))),
        ];
        if (contest.Torch is { } torch)
            participants.Add(new($"PyTorch channels-last, fp32, {torch.LoaderText}", () => Seconds(torch.Ask(request))));
        int count = photos.Images.Count;
        participants.Add(new("bare ONNX Runtime from C#, int8, nothing decoded", () => Rounds.Time(() => RunBare(bareInt8, options, count))));
        participants.Add(new("bare ONNX Runtime from C#, fp32, nothing decoded", () => Rounds.Time(() => RunBare(bareFp32, options, count))));
        Standings.WarmUp(participants);
        PrintLikeness(contest, Featurize(fp32, photos).Features.Row(0), request);
        Standings.Print(
            $"Features of {count} photos", options.RoundCount, participants,
            seconds => string.Create(CultureInfo.InvariantCulture, $"{count / seconds:0.0} images/s"));
    }

    private static Featurizer CreateFeaturizer(Backbone backbone, ContestOptions options) =>
        new(backbone, ComputeDevice.Cpu, options.ThreadCount, cache: null);

    private static OnnxNetwork CreateNetwork(Backbone backbone) => new(backbone.BuildFeaturizer(), new OnnxNetworkOptions { ThreadCount = 1 });

    private static FeaturizedImages Featurize(Featurizer featurizer, ImageDataset photos) =>
        featurizer.Featurize(photos, progress: null, CancellationToken.None);

    private static void RunBare(OnnxNetwork network, ContestOptions options, int count)
    {
        using var runner = new ImageBatchRunner(network, "Features", options.ThreadCount);
        runner.Run(count, (_, pixels) => { pixels.Fill(128); return true; }, (_, _) => { }, CancellationToken.None);
    }

    private static double Seconds(JsonElement answer) => answer.GetProperty("seconds").GetDouble();

    // Only the way from photo to pixels differs, so features of the same weights are nearly parallel.
    private static void PrintLikeness(Contest contest, ReadOnlySpan<float> ours, PeerRequest request)
    {
        PeerRequest one = request with { Paths = [request.Paths![0]] };
        float node = Cosine(ours, contest.Node.Ask(one));
        string torch = contest.Torch is { } peer ? string.Create(CultureInfo.InvariantCulture, $", PyTorch's {Cosine(ours, peer.Ask(one)):0.0000}") : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Cosine of the first photo's features with our fp32's: node's {node:0.0000}{torch}"));
    }

    private static float Cosine(ReadOnlySpan<float> ours, JsonElement answer) =>
        TensorPrimitives.CosineSimilarity(ours, [.. answer.GetProperty("features").EnumerateArray().Select(value => value.GetSingle())]);
}
