using BenchmarkDotNet.Attributes;
using ImageTrainer.Backbones;
using ImageTrainer.Imaging;

namespace ImageTrainer.Benchmarks.Pieces;

/// <summary>One prediction with the default network at 224 px, decoding included.</summary>
public class PredictionPieces
{
    private const int ImageSize = 224;
    private const int CalibrationCount = 4;
    private byte[] _jpeg = [];
    private ImagePredictionEngine? _int8;
    private ImagePredictionEngine? _fp32;

    [GlobalSetup]
    public void Setup()
    {
        _jpeg = DrawnPhoto.Encode(0);
        ResolvedBackbone resolved = new BackboneStore(BackboneStoreOptions.FromEnvironment()).ResolveAsync("resnet18-mlnet").GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        Backbone backbone = Backbone.Load(resolved.Descriptor, resolved.Descriptor.FileName, content, ImageSize);
        float[][] pixels = [.. Enumerable.Range(0, CalibrationCount).Select(index => ReadPixels(DrawnPhoto.Encode(index), backbone.Preprocessing))];
        _fp32 = UntrainedModel.Load(backbone, "fp32", Environment.ProcessorCount);
        _int8 = UntrainedModel.Load(UntrainedModel.Quantize(backbone, pixels, Environment.ProcessorCount), "int8", Environment.ProcessorCount);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _int8?.Dispose();
        _fp32?.Dispose();
    }

    /// <summary>In int8.</summary>
    [Benchmark]
    public ImagePrediction PredictInt8() => _int8!.Predict(_jpeg);

    /// <summary>In fp32.</summary>
    [Benchmark(Baseline = true)]
    public ImagePrediction PredictFp32() => _fp32!.Predict(_jpeg);

    private static float[] ReadPixels(byte[] jpeg, ImagePreprocessing preprocessing)
    {
        float[] pixels = new float[preprocessing.PixelLength];
        new ImageReader().ReadPixels(jpeg, preprocessing, pixels);
        return pixels;
    }
}
