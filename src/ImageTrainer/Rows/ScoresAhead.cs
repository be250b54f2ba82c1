using System.Numerics.Tensors;
using System.Threading.Channels;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;
using Microsoft.ML;

namespace ImageTrainer.Rows;

/// <summary>
/// Scores the images of a cursor ahead of whoever asks for them: one thread reads rows, every core decodes and computes the batch before, and
/// the one before that waits to be asked for. So memory holds the images of two batches and the scores of two.
/// </summary>
internal sealed class ScoresAhead : IDisposable
{
    // The first batch is small, so that the first row is soon there; later ones are large, for cores wait for each other at a batch's end.
    private const int MaxBatchSize = 256;
    private const long MaxBatchBytes = 64 << 20;

    private readonly CancellationTokenSource _cancelling = new();
    private readonly Channel<ImageInput[]> _read = Channel.CreateBounded<ImageInput[]>(1);
    private readonly Channel<ScoredImage[]> _scored = Channel.CreateBounded<ScoredImage[]>(1);
    private readonly ModelScorer _scorer;
    private readonly Task _work;
    private ScoredImage[] _batch = [];
    private int _next;

    /// <summary>Begins.</summary>
    /// <param name="scorer">Scores images.</param>
    /// <param name="cursor">The rows, with the column of images active; read and disposed on another thread.</param>
    /// <param name="column">The column of images.</param>
    public ScoresAhead(ModelScorer scorer, DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        _scorer = scorer;
        _work = Task.WhenAll(Task.Run(() => ReadAsync(cursor, column)), Task.Run(ScoreAsync));
    }

    /// <summary>The next row's scores; what went wrong with the rows is thrown here.</summary>
    public ScoredImage Next()
    {
        if (_next == _batch.Length) (_batch, _next) = (TakeBatch(), 0);
        return _batch[_next++];
    }

    /// <summary>Stops, and waits until nothing of it runs any more.</summary>
    public void Dispose()
    {
        _cancelling.Cancel();
        // What it threw is for whoever asks for rows.
        Task.WaitAny(_work);
        _cancelling.Dispose();
    }

    private ScoredImage[] TakeBatch()
    {
        try
        {
            return _scored.Reader.ReadAsync(_cancelling.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException exception) when (exception.InnerException is { } cause)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    private Task ReadAsync(DataViewRowCursor cursor, DataViewSchema.Column column) => FeedAsync(_read.Writer, async () =>
    {
        using DataViewRowCursor rows = cursor;
        Func<ImageInput> read = ImageColumnReader.Create(rows, column);
        var batch = new List<ImageInput>();
        long byteCount = 0;
        for (int size = _scorer.BatchSize; rows.MoveNext();)
        {
            ImageInput image = read();
            batch.Add(image);
            byteCount += image.Content.Length;
            if (batch.Count < size && byteCount < MaxBatchBytes) continue;
            await _read.Writer.WriteAsync([.. batch], _cancelling.Token).ConfigureAwait(false);
            (size, byteCount) = (Math.Max(size, Math.Min(2 * size, MaxBatchSize)), 0);
            batch.Clear();
        }

        if (batch.Count > 0) await _read.Writer.WriteAsync([.. batch], _cancelling.Token).ConfigureAwait(false);
    });

    private Task ScoreAsync() => FeedAsync(_scored.Writer, async () =>
    {
        await foreach (ImageInput[] images in _read.Reader.ReadAllAsync(_cancelling.Token).ConfigureAwait(false))
            await _scored.Writer.WriteAsync(_scorer.Score(images, _cancelling.Token), _cancelling.Token).ConfigureAwait(false);
    });

    private static async Task FeedAsync<T>(ChannelWriter<T> writer, Func<Task> work)
    {
        Exception? failure = null;
        try
        {
            await work().ConfigureAwait(false);
        }
        // Whatever it is, it goes to the other end.
        catch (Exception exception)
        {
            failure = exception;
        }

        writer.Complete(failure);
    }
}

/// <summary>What a network says of one image.</summary>
/// <param name="Scores">The numbers, such as K probabilities; NaN where the image cannot be read.</param>
/// <param name="Error">Why it cannot be read; empty where it can.</param>
internal sealed record ScoredImage(float[] Scores, string Error)
{
    /// <summary>1 and the place of the greatest number; 0 where the image cannot be read.</summary>
    public uint PredictedKey => Error.Length > 0 ? 0 : (uint)TensorPrimitives.IndexOfMax<float>(Scores) + 1;
}

/// <summary>A network, and what is wanted of it.</summary>
/// <param name="File">Bytes of the ONNX file.</param>
/// <param name="Preprocessing">How images become its input.</param>
/// <param name="Output">Name of the output.</param>
/// <param name="RowLength">Numbers the output has for an image.</param>
internal sealed record ScoringNetwork(byte[] File, ImagePreprocessing Preprocessing, string Output, int RowLength);

/// <summary>
/// Runs a network, many images at once on every core or one as fast as may be. Each way loads the network for itself, when it is
/// first asked for. Safe for concurrent callers.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="device">Where it runs.</param>
/// <param name="threadCount">Threads in all, 1 or more.</param>
internal sealed class ModelScorer(ScoringNetwork network, ComputeDevice device, int threadCount) : IDisposable
{
    private readonly ImageReader _reader = new();
    private readonly Lazy<OnnxNetwork> _batched = new(() => new OnnxNetwork(network.File, new OnnxNetworkOptions { Device = device, ThreadCount = 1 }));
    private readonly Lazy<OnnxNetwork> _single = new(() => new OnnxNetwork(network.File, new OnnxNetworkOptions { Device = device, ThreadCount = threadCount }));
    private bool _isDisposed;

    /// <summary>The network.</summary>
    public ScoringNetwork Network => network;

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
        using var runner = new ImageBatchRunner(_batched.Value, network.Output, threadCount);
        runner.Run(
            images.Count,
            (index, pixels) => (results[index] = Read(images[index], pixels)!) is null,
            (index, row) => results[index] = new ScoredImage(row.ToArray(), ""),
            cancellationToken);
        return results;
    }

    /// <summary>Scores one image.</summary>
    /// <inheritdoc cref="Score(IReadOnlyList{ImageInput}, CancellationToken)" path="/exception"/>
    public ScoredImage Score(ImageInput image)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        float[] pixels = new float[network.Preprocessing.PixelLength];
        if (Read(image, pixels) is { } unreadable) return unreadable;
        float[] scores = new float[network.RowLength];
        _single.Value.Run(pixels, 1, network.Output, scores);
        return new ScoredImage(scores, "");
    }

    /// <summary>Frees the network once no image is under way. Safe to call twice.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (_batched.IsValueCreated) _batched.Value.Dispose();
        if (_single.IsValueCreated) _single.Value.Dispose();
    }

    // Null where the image can be read.
    private ScoredImage? Read(ImageInput image, Span<float> pixels)
    {
        try
        {
            image.ReadPixels(_reader, network.Preprocessing, pixels);
            return null;
        }
        catch (ImageDecodeException exception)
        {
            float[] scores = new float[network.RowLength];
            Array.Fill(scores, float.NaN);
            return new ScoredImage(scores, exception.Reason);
        }
    }
}
