using BenchmarkDotNet.Attributes;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Benchmarks.Pieces;

/// <summary>What calibration and quantizing do most.</summary>
public class QuantizingPieces
{
    private const int Channels = 256;
    private const int PlaneLength = 56 * 56;
    private const int Filters = 512;
    private const int FilterLength = 512 * 9;

    private readonly ActivationHistogram _histogram = new();
    private float[] _activation = [];
    private float[] _kernel = [];
    private float[] _biases = [];

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _activation = Draw(random, Channels * PlaneLength);
        _kernel = Draw(random, Filters * FilterLength);
        _biases = Draw(random, Filters);
    }

    /// <summary>Counts one image's activation [256, 56, 56].</summary>
    [Benchmark]
    public void CountActivation() => _histogram.Add(_activation, PlaneLength);

    /// <summary>A kernel [512, 512, 3, 3] to integers.</summary>
    [Benchmark]
    public int QuantizeKernel() => WeightQuantizer.Quantize(_kernel, _biases, inputScale: 0.02f, bits: 8).Kernel.Length;

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
}
