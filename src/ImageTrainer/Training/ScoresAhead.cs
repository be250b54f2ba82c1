using System.Threading.Channels;
using ImageTrainer.Imaging;
using Microsoft.ML;

namespace ImageTrainer.Training;

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
