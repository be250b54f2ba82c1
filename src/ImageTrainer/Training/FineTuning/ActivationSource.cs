using System.Collections.Concurrent;
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
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, ImageDecodeException> _faults = [];

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
        for (int i = 0; i < images.Count; i++) _indices.TryAdd(images.Images[i].Path, i);
        _network = new OnnxNetwork(model, new OnnxNetworkOptions { Device = setting.Device, ThreadCount = 1 });
        _runner = new ImageBatchRunner(_network, NetworkCut.ActivationsName, setting.ThreadCount);
        // Last, so that a network that does not load leaves no file open.
        if (augmentation is null && setting.Cache is { } options)
            _cache = FeatureCache.Open(options, Key(model, setting), (ActivationLength + 1) / 2);
    }

    /// <summary>Floats of one image's activations.</summary>
    public int ActivationLength { get; }

    /// <summary>Whether images are the same every epoch.</summary>
    public bool IsPlain => _augmentation is null;

    /// <summary>The images that could be read before training and could not since, in their order. They are not tried again.</summary>
    public IReadOnlyList<BadImage> BadImages =>
        [.. _faults.OrderBy(fault => fault.Key).Select(fault => new BadImage(_images.Images[fault.Key], fault.Value.Reason)).DistinctBy(bad => bad.Image)];

    /// <summary>A sentence for the user where activations cannot be kept; else null.</summary>
    public string? CacheNotice => _cache?.Notice;

    /// <summary>Gives the activations of some images. One that cannot be read gets those of another, for it is not to count.</summary>
    /// <param name="epoch">Number of the epoch: what augmented images depend on.</param>
    /// <param name="rows">Which images.</param>
    /// <param name="destination">[rows, length]; may be longer.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <returns>Which of them are there, [rows].</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public bool[] Load(int epoch, IReadOnlyList<int> rows, float[] destination, CancellationToken cancellationToken)
    {
        bool[] isLoaded = new bool[rows.Count];
        if (_cache is not null)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = _threadCount, CancellationToken = cancellationToken };
            Parallel.For(0, rows.Count, options, i => isLoaded[i] = TryRead(rows[i], Row(i, destination)));
        }

        int[] missing = [.. Enumerable.Range(0, rows.Count).Where(i => !isLoaded[i])];
        _runner.Run(
            missing.Length,
            (i, pixels) => Fill(epoch, rows[missing[i]], pixels),
            (i, row) =>
            {
                Take(rows[missing[i]], row, Row(missing[i], destination));
                isLoaded[missing[i]] = true;
            },
            cancellationToken);
        FillUp(isLoaded, destination);
        return isLoaded;
    }

    /// <summary>What to throw where none of the images can be read any more.</summary>
    public ImageDecodeException NothingReadable()
    {
        ImageDecodeException first = _faults.MinBy(fault => fault.Key).Value;
        return new ImageDecodeException(first.Path, first.Reason, first.Format, first);
    }

    /// <summary>Frees the network and closes the cache.</summary>
    public void Dispose()
    {
        _runner.Dispose();
        _network.Dispose();
        _cache?.Dispose();
    }

    private Span<float> Row(int index, float[] destination) => destination.AsSpan(index * ActivationLength, ActivationLength);

    // BatchNorm needs images; zeros would mislead it.
    private void FillUp(bool[] isLoaded, float[] destination)
    {
        int other = Array.IndexOf(isLoaded, true);
        for (int i = 0; i < isLoaded.Length; i++)
        {
            if (isLoaded[i]) continue;
            if (other < 0) Row(i, destination).Clear();
            else Row(other, destination).CopyTo(Row(i, destination));
        }
    }

    private bool Fill(int epoch, int image, Span<float> pixels)
    {
        if (_faults.ContainsKey(image)) return false;
        try
        {
            if (_augmentation is null) ReadPlain(image, pixels);
            else _augmentation.Read(epoch, image, pixels);
            return true;
        }
        catch (ImageDecodeException exception)
        {
            // An image that was to be mixed with a lost one misses this epoch alone.
            bool isOther = exception.Path is { } path && path != _images.Images[image].Path;
            _faults[isOther ? _indices[exception.Path!] : image] = exception;
            return false;
        }
    }

    // What is kept is found by the hash, and must be of no other content.
    private void ReadPlain(int image, Span<float> pixels)
    {
        string path = _images.Images[image].Path;
        using ImageContent content = UnchangedFile.Read(path, _images.Hashes[image]);
        _reader.ReadPixels(content.Bytes, _preprocessing, pixels, path);
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
