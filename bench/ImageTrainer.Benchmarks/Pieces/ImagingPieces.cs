using BenchmarkDotNet.Attributes;
using ImageTrainer.Imaging;

namespace ImageTrainer.Benchmarks.Pieces;

/// <summary>From a file's bytes to a network's input.</summary>
public class ImagingPieces
{
    private readonly ImagePreprocessing _preprocessing = new();
    private readonly ImageReader _reader = new();
    private byte[] _jpeg = [];
    private byte[] _interleaved = [];
    private float[] _planes = [];

    [GlobalSetup]
    public void Setup()
    {
        _jpeg = DrawnPhoto.Encode(0);
        _interleaved = new byte[_preprocessing.PixelLength];
        new Random(1).NextBytes(_interleaved);
        _planes = new float[_preprocessing.PixelLength];
    }

    /// <summary>A JPEG of 1,024 x 1,024 to planes of 224 x 224.</summary>
    [Benchmark]
    public void DecodeAndResize() => _reader.ReadPixels(_jpeg, _preprocessing, _planes);

    /// <summary>[224, 224, 3] bytes to [3, 224, 224] floats.</summary>
    [Benchmark]
    public void ConvertToPlanes() => PlanarPixels.Convert(_interleaved, _planes);
}
