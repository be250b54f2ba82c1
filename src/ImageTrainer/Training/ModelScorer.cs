using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Onnx;

namespace ImageTrainer.Training;

/// <summary>What a model says of one image.</summary>
/// <param name="Scores">The K probabilities; NaN where the image cannot be read.</param>
/// <param name="PredictedKey">1 and the place of the greatest; 0 where the image cannot be read.</param>
/// <param name="Error">Why it cannot be read; empty where it can.</param>
internal sealed record ScoredImage(float[] Scores, uint PredictedKey, string Error);

/// <summary>
/// Runs a model's network, many images at once on every core or one as fast as may be. Each way loads the network for itself, when it is
/// first asked for. Safe for concurrent callers.
/// </summary>
/// <param name="package">The model.</param>
/// <param name="device">Where it runs.</param>
/// <param name="threadCount">Threads in all, 1 or more.</param>
internal sealed class ModelScorer(ModelPackage package, ComputeDevice device, int threadCount) : IDisposable
{
    private const string ScoreName = ImagePredictionEngine.ScoreName;
    private readonly ImageReader _reader = new();
    private readonly Lazy<OnnxNetwork> _batched = new(() => new OnnxNetwork(package.Network, new OnnxNetworkOptions { Device = device, ThreadCount = 1 }));
    private readonly Lazy<OnnxNetwork> _single = new(() => new OnnxNetwork(package.Network, new OnnxNetworkOptions { Device = device, ThreadCount = threadCount }));
    private bool _isDisposed;

    /// <summary>The model.</summary>
    public ModelPackage Package => package;

    /// <summary>Images that keep every core at work once.</summary>
    public int BatchSize => threadCount * ImageBatchRunner.CpuBatchSize;

    /// <summary>Scores images on every core.</summary>
    /// <param name="images">The images.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <returns>One an image, in their order.</returns>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public ScoredImage[] Score(IReadOnlyList<ImageInput> images, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var results = new ScoredImage[images.Count];
        using var runner = new ImageBatchRunner(_batched.Value, ScoreName, threadCount);
        runner.Run(
            images.Count,
            (index, pixels) => (results[index] = Read(images[index], pixels)!) is null,
            (index, row) => results[index] = ToScored(row.ToArray()),
            cancellationToken);
        return results;
    }

    /// <summary>Scores one image.</summary>
    /// <inheritdoc cref="Score(IReadOnlyList{ImageInput}, CancellationToken)" path="/exception"/>
    public ScoredImage Score(ImageInput image)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        OnnxNetwork network = _single.Value;
        float[] pixels = new float[network.PixelLength];
        if (Read(image, pixels) is { } unreadable) return unreadable;
        float[] scores = new float[package.Manifest.Labels.Count];
        network.Run(pixels, 1, ScoreName, scores);
        return ToScored(scores);
    }

    /// <summary>Frees the network once no image is under way. Safe to call twice.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (_batched.IsValueCreated) _batched.Value.Dispose();
        if (_single.IsValueCreated) _single.Value.Dispose();
    }

    private static ScoredImage ToScored(float[] scores) => new(scores, (uint)System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(scores) + 1, "");

    // Null where the image can be read.
    private ScoredImage? Read(ImageInput image, Span<float> pixels)
    {
        try
        {
            image.ReadPixels(_reader, package.Manifest.Preprocessing, pixels);
            return null;
        }
        catch (ImageDecodeException exception)
        {
            float[] scores = new float[package.Manifest.Labels.Count];
            Array.Fill(scores, float.NaN);
            return new ScoredImage(scores, 0, exception.Reason);
        }
    }
}
