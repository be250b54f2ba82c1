using ImageTrainer.Backbones;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Networks;

namespace ImageTrainer.Tests;

/// <summary>A real model.zip that is fast enough for tests: a small backbone at 64 px under a head of seeded random weights.</summary>
internal static class TinyModel
{
    /// <summary>Side of the network's input in pixels.</summary>
    public const int ImageSize = 64;

    /// <summary>The labels, in the order of scores.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["disc", "square", "stripes", "nothing at all"];

    private static readonly Lazy<Backbone> SharedBackbone = new(() => LoadBackbone(ImageSize));
    private static readonly Lazy<byte[]> SharedNetwork = new(() => BuildNetwork(SharedBackbone.Value));
    private static readonly Lazy<byte[]> SharedZip = new(() => Pack(Manifest(Labels, ImageSize), Network));

    /// <summary>The small backbone, loaded once.</summary>
    public static Backbone Backbone => SharedBackbone.Value;

    /// <summary>The head that stands on it: [K, D] weights and [K] biases.</summary>
    public static LinearLayer Head { get; } = RandomHead(Labels.Count, featureCount: 512, seed: 7);

    /// <summary>Bytes of the ONNX file.</summary>
    public static byte[] Network => SharedNetwork.Value;

    /// <summary>Bytes of the model.zip.</summary>
    public static byte[] Zip => SharedZip.Value;

    /// <summary>Loads the small backbone for an input size.</summary>
    public static Backbone LoadBackbone(int imageSize)
    {
        using var cache = new TemporaryFolder();
        var store = new BackboneStore(new BackboneStoreOptions { CacheFolder = cache.Path, AllowDownload = false, Folders = [TinyBackbone.Folder] });
        ResolvedBackbone resolved = store.ResolveAsync(TinyBackbone.Name).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, resolved.Descriptor.FileName, content, imageSize);
    }

    /// <summary>Opens the model.</summary>
    public static ImagePredictionEngine Load(ImagePredictionEngineOptions? options = null) =>
        ImagePredictionEngine.Load(new MemoryStream(Zip, writable: false), options);

    /// <summary>The same model for another input size, for tests that predict by the ten thousand.</summary>
    public static byte[] BuildZip(int imageSize) => Pack(Manifest(Labels, imageSize), BuildNetwork(LoadBackbone(imageSize)));

    /// <summary>A manifest that fits a network of these labels and this input size.</summary>
    public static ModelManifest Manifest(IReadOnlyList<string> labels, int imageSize) => new()
    {
        LibraryVersion = "1.2.3",
        Labels = labels,
        Preprocessing = new ImagePreprocessing { Width = imageSize, Height = imageSize, ResizeMode = ResizeMode.Crop },
        Network = new NetworkRecord(FeatureCount: 512, "fp32", Temperature: 1.5),
        Backbone = new BackboneRecord("resnet10-tiny", "resnet10", "ab12", "MIT", "tests"),
        Training = new TrainingRecord(Seed: 1, "none", L2: 0.1, FoldCount: 5, ImageCount: 20, "cd34"),
        Metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["microAccuracy"] = 0.75 },
    };

    /// <summary>The bytes of a zip that holds a manifest and a network.</summary>
    public static byte[] Pack(ModelManifest manifest, byte[] network)
    {
        using var stream = new MemoryStream();
        ModelArchiveWriter.Write(stream, manifest, network);
        return stream.ToArray();
    }

    private static byte[] BuildNetwork(Backbone backbone) => backbone.BuildClassifier(Head, 1.5f);

    private static LinearLayer RandomHead(int classCount, int featureCount, int seed)
    {
        var random = new Random(seed);
        float[] weights = new float[classCount * featureCount];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (2 * random.NextSingle()) - 1;
        return new LinearLayer(weights, new float[classCount]);
    }
}
