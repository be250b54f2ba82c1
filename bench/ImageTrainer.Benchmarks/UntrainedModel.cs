using ImageTrainer.Backbones;
using ImageTrainer.Models;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Benchmarks;

/// <summary>A prediction engine over a backbone whose head is all zeros: as fast as a trained one.</summary>
internal static class UntrainedModel
{
    private const int ClassCount = 5;

    /// <summary>Packs a model.zip in memory and loads it.</summary>
    /// <param name="backbone">The network.</param>
    /// <param name="precision">"fp32" or "int8", for the manifest.</param>
    /// <param name="threadCount">Threads a prediction.</param>
    public static ImagePredictionEngine Load(Backbone backbone, string precision, int threadCount)
    {
        using MemoryStream zip = Pack(backbone, precision);
        return ImagePredictionEngine.Load(zip, new ImagePredictionEngineOptions { Device = "cpu", ThreadsPerPrediction = threadCount });
    }

    /// <summary>Packs a model.zip in memory.</summary>
    public static MemoryStream Pack(Backbone backbone, string precision)
    {
        var zip = new MemoryStream();
        ModelArchiveWriter.Write(zip, Manifest(backbone, precision), BuildNetwork(backbone));
        zip.Position = 0;
        return zip;
    }

    /// <summary>The backbone with its head, as an ONNX file.</summary>
    public static byte[] BuildNetwork(Backbone backbone) =>
        backbone.BuildClassifier(new LinearLayer(new float[ClassCount * backbone.FeatureCount], new float[ClassCount]), 1);

    /// <summary>The backbone in int8, every layer.</summary>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <param name="pixels">Images to calibrate on, each [3, H, W].</param>
    /// <param name="threadCount">Threads to calibrate with.</param>
    public static Backbone Quantize(Backbone backbone, IReadOnlyList<float[]> pixels, int threadCount)
    {
        QuantizablePart part = NetworkQuantizer.FindPart(backbone);
        Calibration calibration = Calibration.Run(part, pixels, threadCount, CancellationToken.None);
        return new NetworkQuantizer(backbone, part, calibration, IntegerArithmetic.IsExact ? 8 : 7).Quantize([]);
    }

    private static ModelManifest Manifest(Backbone backbone, string precision) => new()
    {
        LibraryVersion = "0",
        Labels = [.. Enumerable.Range(0, ClassCount).Select(i => $"class {i}")],
        Preprocessing = backbone.Preprocessing,
        Network = new NetworkRecord(backbone.FeatureCount, precision, Temperature: 1),
        Backbone = new BackboneRecord(backbone.Descriptor.Name, backbone.Descriptor.Architecture ?? "", backbone.Sha256, "", ""),
        Training = new TrainingRecord(Seed: 1, "none", L2: 1, FoldCount: 0, ImageCount: 0, ""),
    };
}
