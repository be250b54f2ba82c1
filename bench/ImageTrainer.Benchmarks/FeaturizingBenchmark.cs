using System.CommandLine;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Benchmarks;

/// <summary>Featurizing a folder, decoding included, against the bare network on pixels that are already there.</summary>
internal static class FeaturizingBenchmark
{
    private static readonly Argument<string> Weights = new("weights") { Description = "A backbone's weight file." };
    private static readonly Argument<string> Images = new("images") { Description = "A folder of labelled photos." };
    private static readonly Option<int> ImageSize = new("--image-size") { DefaultValueFactory = _ => 224 };
    private static readonly Option<int> RoundCount = new("--rounds") { DefaultValueFactory = _ => 5 };
    private static readonly Option<int> ImageCount = new("--count") { Description = "Photos a round.", DefaultValueFactory = _ => 64 };
    private static readonly Option<int> BatchSize = new("--batch") { DefaultValueFactory = _ => ImageBatchRunner.CpuBatchSize };

    public static Command Create()
    {
        var command = new Command("featurizing", "Featurizing end to end against bare session.Run.") { Weights, Images, ImageSize, RoundCount, ImageCount, BatchSize };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        Backbone backbone = LoadBackbone(result.GetRequiredValue(Weights), result.GetValue(ImageSize));
        int count = result.GetValue(ImageCount);
        int batch = result.GetValue(BatchSize);
        LabeledImage[] all = [.. ImageDataset.Load(result.GetRequiredValue(Images)).Images];
        // Every class gets its share, so that the photos are as varied as the folder.
        ImageDataset photos = ImageDataset.FromImages(Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Length / count)]));
        int threads = Environment.ProcessorCount;
        byte[] model = backbone.BuildFeaturizer();
        using var single = new OnnxNetwork(model, new OnnxNetworkOptions { ThreadCount = 1 });
        using var joint = new OnnxNetwork(model, new OnnxNetworkOptions { ThreadCount = threads });
        using var featurizer = new Featurizer(backbone, ComputeDevice.Cpu, threads, cache: null);
        Rounds.Run(result.GetValue(RoundCount), count,
            ($"bare Run, {threads} x 1 thread, batch {batch}", () => RunBare(single, threads, batch, count)),
            ($"bare Run, 1 x {threads} threads, batch {batch}", () => RunBare(joint, 1, batch, count)),
            ("featurizing end to end", () => featurizer.Featurize(photos, progress: null, CancellationToken.None)));
    }

    private static Backbone LoadBackbone(string path, int imageSize)
    {
        ResolvedBackbone resolved = new BackboneStore(BackboneStoreOptions.FromEnvironment()).ResolveAsync(path).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, path, content, imageSize);
    }

    private static void RunBare(OnnxNetwork network, int workers, int batch, int count)
    {
        using var runner = new ImageBatchRunner(network, "Features", workers, batch);
        runner.Run(count, (_, pixels) => { pixels.Fill(128); return true; }, (_, _) => { }, CancellationToken.None);
    }
}
