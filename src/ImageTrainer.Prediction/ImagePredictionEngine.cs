using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer;

/// <summary>
/// Predicts the label of images with a model.zip. One engine serves a whole application: every method is safe to call from many threads
/// at once, and single predictions take memory for <see cref="ImagePredictionEngineOptions.MaxConcurrency"/> images at most, however many
/// callers there are; each batch under way takes as much for itself. Streams are the callers' own affair: each takes memory for the
/// bytes of its
/// file from when they arrive, so that slow ones keep nobody waiting.
/// </summary>
public sealed partial class ImagePredictionEngine : IDisposable
{
    /// <summary>Name of the network's output of probabilities, [N, K].</summary>
    internal const string ScoreName = "Score";

    private const string FeaturesName = "Features";

    private readonly OnnxNetwork _network;
    private readonly LoadAhead<OnnxNetwork>? _batchNetwork;
    private readonly ImageReader _reader;
    private readonly ImagePreprocessing _preprocessing;
    private readonly SemaphoreSlim _slots;
    private readonly Gen0Trimmer _garbage = new();
    private readonly ConcurrentBag<float[]> _workspaces = [];
    private readonly ImagePredictionEngineOptions _options;
    private int _isDisposed;

    private ImagePredictionEngine(
        ModelPackage package, OnnxNetwork network, DeviceChoice device, ImagePredictionEngineOptions options)
    {
        Manifest = package.Manifest;
        Device = device;
        // Batches go best with one thread an image; the network is loaded once more for them, when the first comes, and its file kept
        // until then.
        if (device.Device.Kind == DeviceKind.Cpu && options.ThreadsPerPrediction > 1)
            _batchNetwork = new(() => new OnnxNetwork(package.Network, network.Options with { ThreadCount = 1 }));
        _network = network;
        _featureMap = options.CanExplain ? FeatureMapPart.Find(package.Network) : null;
        _options = options;
        _preprocessing = package.Manifest.Preprocessing;
        _reader = new ImageReader(new ImageReaderOptions { MaxPixelCount = options.MaxPixelCount });
        _slots = new SemaphoreSlim(options.MaxConcurrency);
    }

    /// <summary>The K labels, in the order of <see cref="ImagePrediction.Score"/>.</summary>
    public IReadOnlyList<string> Labels => Manifest.Labels;

    /// <summary>D, the number of features that <see cref="Featurize(string)"/> gives.</summary>
    public int FeatureCount => Manifest.Network.FeatureCount;

    /// <summary>What the model says of itself.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>Where the network runs and why.</summary>
    public DeviceChoice Device { get; }

    /// <summary>The images read so far whose colour profile could not be applied.</summary>
    public UnappliedProfiles UnappliedProfiles => _reader.UnappliedProfiles;

    /// <summary>The network, for callers that make up batches of their own; stays this engine's to dispose.</summary>
    internal OnnxNetwork Network => _network;

    /// <summary>Reads images as the model wants them.</summary>
    internal ImageReader Reader => _reader;

    /// <summary>How the engine runs.</summary>
    internal ImagePredictionEngineOptions Options => _options;

    /// <summary>Loads a model from a file.</summary>
    /// <param name="path">Path of a model.zip.</param>
    /// <param name="options">How to run it, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign, too new or too large; the message says
    /// which.</exception>
    /// <exception cref="DeviceException">A device asked for by name does not work.</exception>
    /// <exception cref="ArgumentException">Options are out of range; the message names each.</exception>
    public static ImagePredictionEngine Load(string path, ImagePredictionEngineOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ImagePredictionEngineOptions();
        options.Validate();
        return ModelFile.Read(path, stream => Load(stream, path, options));
    }

    /// <summary>Loads a model from a stream, which is not disposed.</summary>
    /// <param name="stream">A model.zip and nothing else: the whole of a stream that can seek, or what is left of one that cannot.</param>
    /// <param name="options">How to run it, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">
    /// The content is damaged, foreign, too new or too large, or the stream failed with an <see cref="IOException"/>; the message says
    /// which.
    /// What else the stream throws passes through.
    /// </exception>
    /// <exception cref="DeviceException">A device asked for by name does not work.</exception>
    /// <exception cref="ArgumentException">The stream cannot be read, or options are out of range; the message names each.</exception>
    public static ImagePredictionEngine Load(Stream stream, ImagePredictionEngineOptions? options = null)
    {
        ThrowIfUnreadable(stream);
        options ??= new ImagePredictionEngineOptions();
        options.Validate();
        try
        {
            if (stream.CanSeek) return Load(stream, path: null, options);
            using MemoryStream copy = ModelArchive.ReadToMemory(stream, options.MaxNetworkByteCount);
            return Load(copy, path: null, options);
        }
        catch (IOException exception)
        {
            throw new ModelFormatException(ModelFault.NotReadable, path: null, "its stream failed", exception);
        }
    }

    /// <summary>Predicts one image file.</summary>
    /// <exception cref="ImageDecodeException">The image cannot be read; the message says why.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public ImagePrediction Predict(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return PredictOne(pixels => _reader.ReadPixels(path, _preprocessing, pixels));
    }

    /// <inheritdoc cref="Predict(ReadOnlyMemory{byte})"/>
    public ImagePrediction Predict(byte[] image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Predict(image.AsMemory());
    }

    /// <summary>Predicts one image that is in memory as the bytes of its file (JPEG, PNG, ...).</summary>
    /// <inheritdoc cref="Predict(string)"/>
    public ImagePrediction Predict(ReadOnlyMemory<byte> image) =>
        PredictOne(pixels => _reader.ReadPixels(image, _preprocessing, pixels));

    /// <summary>
    /// Predicts one image that is decoded already: rows of pixels from the top, three bytes each, red, green and blue, upright and in
    /// sRGB. From
    /// SkiaSharp: a bitmap of Rgba8888 without each fourth byte; from ML.NET: MLImage.Pixels in the order that its PixelFormat says.
    /// </summary>
    /// <param name="image">The pixels.</param>
    /// <exception cref="ArgumentException">They are not as many as width and height say.</exception>
    /// <exception cref="ImageDecodeException">There are more than <see cref="ImagePredictionEngineOptions.MaxPixelCount"/>.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public ImagePrediction Predict(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return PredictOne(pixels => _reader.ReadPixels(image, _preprocessing, pixels));
    }

    /// <summary>
    /// What the network under the head says of an image file: D numbers, alike for images that look alike. For search by likeness,
    /// compare them by
    /// their cosine.
    /// </summary>
    /// <param name="path">Path of the image.</param>
    /// <returns>[D], D = <see cref="FeatureCount"/>.</returns>
    /// <inheritdoc cref="Predict(string)" path="/exception"/>
    public float[] Featurize(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return RunInSlot(pixels => _reader.ReadPixels(path, _preprocessing, pixels), FeaturesName, FeatureCount);
    }

    /// <summary>What the network under the head says of an image that is in memory as the bytes of its file.</summary>
    /// <param name="image">The bytes.</param>
    /// <inheritdoc cref="Featurize(string)" path="/*[not(self::param)]"/>
    public float[] Featurize(ReadOnlyMemory<byte> image) =>
        RunInSlot(pixels => _reader.ReadPixels(image, _preprocessing, pixels), FeaturesName, FeatureCount);

    /// <summary>
    /// Predicts one image from a stream, which is read to its end and not disposed. One that begins like no image is not read
    /// further.
    /// </summary>
    /// <exception cref="ImageDecodeException">
    /// The image cannot be read, or the stream failed with an <see cref="IOException"/>; the message says why. What else the stream throws
    /// passes through.
    /// </exception>
    /// <exception cref="ArgumentException">The stream cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public ImagePrediction Predict(Stream image)
    {
        ThrowIfUnreadable(image);
        ThrowIfDisposed();
        using ImageContent content = ImageContent.FromStream(image);
        return Predict(content.Bytes);
    }

    /// <summary>Predicts one image file without holding the caller's thread.</summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="cancellationToken">Cancels the wait for a free place; a prediction under way runs to its end.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="Predict(string)"/>
    public async Task<ImagePrediction> PredictAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return await PredictOneAsync(pixels => _reader.ReadPixels(path, _preprocessing, pixels), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="PredictAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public async Task<ImagePrediction> PredictAsync(byte[] image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return await PredictAsync(image.AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Predicts one image that is in memory as the bytes of its file, without holding the caller's thread.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="cancellationToken">Cancels the wait for a free place; a prediction under way runs to its end.</param>
    /// <inheritdoc cref="PredictAsync(string, CancellationToken)" path="/exception"/>
    public Task<ImagePrediction> PredictAsync(ReadOnlyMemory<byte> image, CancellationToken cancellationToken = default) =>
        PredictOneAsync(pixels => _reader.ReadPixels(image, _preprocessing, pixels), cancellationToken);

    /// <summary>
    /// Predicts one image from a stream without holding the caller's thread. The stream is read to its end and not disposed. One that
    /// begins
    /// like no image is not read further.
    /// </summary>
    /// <param name="image">The stream.</param>
    /// <param name="cancellationToken">Cancels the reading and the wait for a free place; a prediction under way runs to its end.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="Predict(Stream)" path="/exception"/>
    public async Task<ImagePrediction> PredictAsync(Stream image, CancellationToken cancellationToken = default)
    {
        ThrowIfUnreadable(image);
        ThrowIfDisposed();
        using ImageContent content = await ImageContent.FromStreamAsync(image, cancellationToken).ConfigureAwait(false);
        return await PredictAsync(content.Bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Decodes a black image of one pixel and runs the network on it, so that the first real prediction is as fast as the next.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public void Warmup()
    {
        ThrowIfDisposed();
        Predict(new RgbImage(1, 1, new byte[3]).EncodeJpeg());
    }

    /// <summary>
    /// Frees the network's native memory as soon as no prediction is under way; calls that come later, and those still waiting for a place,
    /// get an <see cref="ObjectDisposedException"/>. Safe to call twice and from any thread.
    /// </summary>
    public void Dispose()
    {
        // The semaphore is left to the collector: it holds nothing native, and callers may still be waiting at it.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _network.Dispose();
        _batchNetwork?.Dispose();
    }

    /// <summary>Loads a model from an open file, for callers that look at the same bytes themselves.</summary>
    /// <param name="stream">The whole model.zip, which can seek; it is not disposed.</param>
    /// <param name="path">Path of the file for messages, or null.</param>
    /// <param name="options">How to run it; valid.</param>
    internal static ImagePredictionEngine Load(Stream stream, string? path, ImagePredictionEngineOptions options)
    {
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(options.Device));
        return ModelArchive.Open(stream, path, archive =>
            Create(ModelArchive.Read(archive, options.MaxNetworkByteCount), path, device, options));
    }

    private static ImagePredictionEngine Create(ModelPackage package, string? path, DeviceChoice device, ImagePredictionEngineOptions options)
    {
        try
        {
            FeatureMapPart? map = options.CanExplain ? FeatureMapPart.Find(package.Network) : null;
            byte[] content = map?.AddAsOutput(package.Network) ?? package.Network;
            var network = new OnnxNetwork(
                content, new OnnxNetworkOptions { Device = device.Device, ThreadCount = options.ThreadsPerPrediction });
            CheckNetwork(network, package.Manifest, path);
            return new ImagePredictionEngine(package, network, device, options);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidDataException)
        {
            throw new ModelFormatException(ModelFault.Damaged, path, "ONNX Runtime cannot run its network", exception);
        }
    }

    private static void CheckNetwork(OnnxNetwork network, ModelManifest manifest, string? path)
    {
        bool fits = network.FindRowLength(ScoreName) == manifest.Labels.Count
            && network.FindRowLength(FeaturesName) == manifest.Network.FeatureCount
            && network.Width == manifest.Preprocessing.Width
            && network.Height == manifest.Preprocessing.Height;
        if (fits) return;
        network.Dispose();
        throw new ModelFormatException(ModelFault.Damaged, path, "its network does not have the shapes that its manifest names");
    }

    private ImagePrediction PredictOne(PixelSource source) => new(RunInSlot(source, ScoreName, Labels.Count), Labels);

    private float[] RunInSlot(PixelSource source, string output, int length)
    {
        ThrowIfDisposed();
        _slots.Wait();
        try
        {
            return RunOne(source, output, length);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<ImagePrediction> PredictOneAsync(PixelSource source, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            float[] score = await Task.Run(() => RunOne(source, ScoreName, Labels.Count), CancellationToken.None).ConfigureAwait(false);
            return new ImagePrediction(score, Labels);
        }
        finally
        {
            _slots.Release();
        }
    }

    private float[] RunOne(PixelSource source, string output, int length)
    {
        ThrowIfDisposed();
        if (!_workspaces.TryTake(out float[]? pixels)) pixels = new float[_network.PixelLength];
        try
        {
            source(pixels);
            float[] row = new float[length];
            _network.Run(pixels, 1, output, row);
            _garbage.CountPrediction();
            return row;
        }
        finally
        {
            _workspaces.Add(pixels);
        }
    }

    private static void ThrowIfUnreadable(Stream stream, [CallerArgumentExpression(nameof(stream))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream, name);
        if (!stream.CanRead) throw new ArgumentException("The stream cannot be read: it is closed, or for writing only.", name);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    private delegate void PixelSource(Span<float> pixels);
}
