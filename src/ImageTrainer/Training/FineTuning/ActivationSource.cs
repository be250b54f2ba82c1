using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Training.FineTuning;

/// <summary>
/// What the frozen part of a network makes of images. Plain images go through it once: their activations are kept on disk as half
/// floats, with the guarantees of the feature cache, and are the same bits whether they come from there or not. Images that are drawn
/// anew every epoch go through it every time. Not safe for concurrent use; it uses every core itself.
/// </summary>
internal sealed class ActivationSource : IDisposable
{
    private const string Version = "activations float16 1";

    private readonly TuningImages _images;
    private readonly ImagePreprocessing _preprocessing;
    private readonly IImageAugmentation? _augmentation;
    private readonly ImageReader _reader = new();
    private readonly FeatureCache? _cache;
    private readonly OnnxNetwork _network;
    private readonly ImageBatchRunner _runner;
    private readonly int _threadCount;

    /// <summary>Prepares the frozen part.</summary>
    /// <param name="cut">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="augmentation">How they are changed each epoch, or null to take them as they are.</param>
    /// <param name="setting">Where it runs, and where activations are kept.</param>
    public ActivationSource(NetworkCut cut, TuningImages images, IImageAugmentation? augmentation, TuningSetting setting)
    {
        OnnxContent model = OnnxModel.ToContent(cut.Frozen);
        (_images, _augmentation, _preprocessing, _threadCount) = (images, augmentation, setting.Backbone.Preprocessing, setting.ThreadCount);
        ActivationLength = cut.ActivationLength;
        if (augmentation is null && setting.Cache is { } options)
            _cache = FeatureCache.Open(options, Key(model, setting), (ActivationLength + 1) / 2);
        _network = new OnnxNetwork(model, new OnnxNetworkOptions { Device = setting.Device, ThreadCount = 1 });
        _runner = new ImageBatchRunner(_network, NetworkCut.ActivationsName, setting.ThreadCount);
    }

    /// <summary>Floats of one image's activations.</summary>
    public int ActivationLength { get; }

    /// <summary>Whether images are the same every epoch.</summary>
    public bool IsPlain => _augmentation is null;

    /// <summary>Gives the activations of some images.</summary>
    /// <param name="epoch">Number of the epoch: what augmented images depend on.</param>
    /// <param name="rows">Which images.</param>
    /// <param name="destination">[rows, length]; may be longer.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <exception cref="ImageDecodeException">An image that could be read before cannot be read now.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Load(int epoch, IReadOnlyList<int> rows, float[] destination, CancellationToken cancellationToken)
    {
        bool[] isCached = new bool[rows.Count];
        if (_cache is not null)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = _threadCount, CancellationToken = cancellationToken };
            Parallel.For(0, rows.Count, options, i => isCached[i] = TryRead(rows[i], Row(i, destination)));
        }

        int[] missing = [.. Enumerable.Range(0, rows.Count).Where(i => !isCached[i])];
        _runner.Run(
            missing.Length,
            (i, pixels) => Fill(epoch, rows[missing[i]], pixels),
            (i, row) => Take(rows[missing[i]], row, Row(missing[i], destination)),
            cancellationToken);
    }

    /// <summary>Frees the network and closes the cache.</summary>
    public void Dispose()
    {
        _runner.Dispose();
        _network.Dispose();
        _cache?.Dispose();
    }

    private Span<float> Row(int index, float[] destination) => destination.AsSpan(index * ActivationLength, ActivationLength);

    private bool Fill(int epoch, int image, Span<float> pixels)
    {
        if (_augmentation is null) _reader.ReadPixels(_images.Images[image].Path, _preprocessing, pixels);
        else _augmentation.Read(epoch, image, pixels);
        return true;
    }

    private void Take(int image, ReadOnlySpan<float> row, Span<float> destination)
    {
        if (_augmentation is not null)
        {
            row.CopyTo(destination);
            return;
        }

        float[] packed = new float[(ActivationLength + 1) / 2];
        Span<Half> halves = MemoryMarshal.Cast<float, Half>(packed.AsSpan())[..ActivationLength];
        TensorPrimitives.ConvertToHalf(row, halves);
        TensorPrimitives.ConvertToSingle(halves, destination);
        _cache?.Append(HashOf(image), packed);
    }

    private bool TryRead(int image, Span<float> destination)
    {
        float[] packed = new float[(ActivationLength + 1) / 2];
        if (!_cache!.TryRead(HashOf(image), packed)) return false;
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<float, Half>(packed.AsSpan())[..ActivationLength], destination);
        return true;
    }

    private byte[] HashOf(int image)
    {
        byte[] bytes = new byte[ContentHash.ByteCount];
        _images.Hashes[image].CopyTo(bytes);
        return bytes;
    }

    private static byte[] Key(OnnxContent model, TuningSetting setting)
    {
        string text = $"{Version}; {Featurizer.PixelKey(setting.Backbone.Preprocessing, setting.Device)}";
        return SHA256.HashData([.. model.ComputeSha256(), .. System.Text.Encoding.UTF8.GetBytes(text)]);
    }
}
