using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Featurizing;

/// <summary>
/// Turns images into the features of one backbone, each image once: rows come from the cache where the same file content has been
/// through the same network before. Not safe for concurrent callers; it uses every core itself.
/// </summary>
internal sealed class Featurizer : IDisposable
{
    /// <summary>Part of every cache's key: raise it when decoding or resizing gives other pixels for the same file, or refuses it.</summary>
    public const string ImagingVersion = "imaging 4";

    private const string FeaturesName = "Features";

    private readonly OnnxContent _model;
    private readonly ImagePreprocessing _preprocessing;
    private readonly ComputeDevice _device;
    private readonly int _threadCount;
    private readonly ImageReader _reader;
    private readonly FeatureCache? _cache;
    private readonly LoadAhead<OnnxNetwork> _network;
    private readonly CancellationTokenSource _disposing = new();
    private BegunFeaturizing? _begun;
    private bool _isDisposed;

    /// <summary>Prepares a backbone for use; its network is loaded when the first image needs it.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="threadCount">Threads that decode and compute, 1 or more.</param>
    /// <param name="cache">Where features are kept between runs, or null to keep none.</param>
    /// <param name="unapplied">Where images whose colour profile could not be applied are counted; null for an own count.</param>
    public Featurizer(
        Backbone backbone, ComputeDevice device, int threadCount, FeatureCacheOptions? cache, UnappliedProfiles? unapplied = null)
    {
        _reader = new ImageReader(options: null, unapplied ?? new UnappliedProfiles(countsFilesOnce: true));
        _model = OnnxModel.ToContent(backbone.Graph);
        _preprocessing = backbone.Preprocessing;
        _device = device;
        _threadCount = threadCount;
        FeatureCount = backbone.FeatureCount;
        _network = new(() => new OnnxNetwork(_model, new OnnxNetworkOptions { Device = device, ThreadCount = 1 }));
        _cache = cache is null ? null : FeatureCache.Open(cache, HashKey(), FeatureCount);
    }

    /// <summary>D, the number of features an image has.</summary>
    public int FeatureCount { get; }

    /// <summary>What the cache has to say where it is full, or cannot be read or written; else null.</summary>
    public string? CacheNotice => _cache?.Notice;

    /// <summary>The images decoded so far, not those taken from the cache, whose colour profile could not be applied.</summary>
    public UnappliedProfiles UnappliedProfiles => _reader.UnappliedProfiles;

    /// <summary>Featurizes a data set.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="progress">Told of every image in the order they finish, one at a time, from any thread; or null.</param>
    /// <param name="cancellationToken">Cancels between images; what is finished stays in the cache.</param>
    /// <exception cref="DatasetException">There are more images than fit in one matrix.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The featurizer has been disposed.</exception>
    public FeaturizedImages Featurize(
        ImageDataset dataset, IProgress<FeaturizingProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_begun?.Dataset != dataset)
        {
            _begun?.Wait();
            return Compute(dataset, progress, cancellationToken);
        }

        FeaturizedImages images = _begun.Take(progress, cancellationToken);
        _begun = null;
        return images;
    }

    /// <summary>Begins to featurize a data set on other threads, and does not wait: the next <see cref="Featurize"/> of the same object gives the result.</summary>
    public void Begin(ImageDataset dataset)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _begun?.Wait();
        _begun = new BegunFeaturizing(dataset, progress => Compute(dataset, progress, _disposing.Token));
    }

    /// <summary>Begins to load the network on another thread, for when it is needed.</summary>
    public void LoadAhead() => _network.Begin();

    /// <summary>Frees the network and closes the cache.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _disposing.Cancel();
        _begun?.Wait();
        _network.Dispose();
        _cache?.Dispose();
        _disposing.Dispose();
    }

    /// <summary>Throws where a matrix of one row an image would be larger than any array can be.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="columnCount">Numbers of a row, 1 or more.</param>
    /// <param name="columns">What they are, as a plural.</param>
    /// <exception cref="DatasetException">There are more images than fit in one matrix.</exception>
    public static void RequireRoom(ImageDataset dataset, int columnCount, string columns)
    {
        int limit = Array.MaxLength / columnCount;
        if (dataset.Images.Count > limit)
            throw new DatasetException(
                dataset.Root,
                $"The data set has {dataset.Images.Count:N0} images; with {columnCount:N0} {columns} each, {limit:N0} fit in memory. Use fewer images.");
    }

    private FeaturizedImages Compute(ImageDataset dataset, IProgress<FeaturizingProgress>? progress, CancellationToken cancellationToken)
    {
        RequireRoom(dataset, FeatureCount, "features");
        var work = new FeaturizingWork(dataset, FeatureCount, progress);
        work.TakeFromCache(_cache, _threadCount, _network.Begin, cancellationToken);
        int[] missing = work.MissingIndices();
        if (missing.Length > 0)
        {
            using var runner = new ImageBatchRunner(_network.Value, FeaturesName, _threadCount);
            runner.Run(
                missing.Length,
                (index, pixels) => work.Decode(missing[index], pixels, ReadPixels),
                (index, row) => work.Take(missing[index], row, _cache),
                cancellationToken);
        }

        return work.Complete();
    }

    private void ReadPixels(ReadOnlyMemory<byte> content, string path, Span<float> pixels) =>
        _reader.ReadPixels(content, _preprocessing, pixels, path);

    // Everything that decides the features of given file content: the network's bytes, how pixels are made, and whose arithmetic it is.
    private byte[] HashKey()
    {
        string text = PixelKey(_preprocessing, _device);
        return SHA256.HashData([.. _model.ComputeSha256(), .. Encoding.UTF8.GetBytes(text)]);
    }

    /// <summary>Everything but the network and the file's content that decides what comes out: how pixels are made, and whose arithmetic it is.</summary>
    internal static string PixelKey(ImagePreprocessing preprocessing, ComputeDevice device) =>
        $"{ImagingVersion}; {preprocessing.Width}x{preprocessing.Height} {preprocessing.ResizeMode}; "
        + $"{device.Kind} {RuntimeInformation.ProcessArchitecture} {OnnxEnvironment.Instance.GetVersionString()}";
}

/// <summary>How far featurizing a data set has come.</summary>
/// <param name="DoneCount">Images finished, the cached and the bad among them.</param>
/// <param name="TotalCount">Images in all.</param>
/// <param name="CachedCount">Images whose features came from the cache.</param>
/// <param name="BadCount">Images that could not be read.</param>
public sealed record FeaturizingProgress(int DoneCount, int TotalCount, int CachedCount, int BadCount);
