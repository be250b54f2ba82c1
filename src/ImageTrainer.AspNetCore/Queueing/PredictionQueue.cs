using ImageTrainer.AspNetCore.Telemetry;

namespace ImageTrainer.AspNetCore.Queueing;

/// <summary>Images that a worker runs together.</summary>
/// <param name="Images">One or more that run together.</param>
/// <param name="IsAlone">Whether nothing else runs or waits, so that the image may have all cores.</param>
internal sealed record TakenImages(IReadOnlyList<QueuedImage> Images, bool IsAlone);

/// <summary>The images that wait for a worker, over all models: first come, first served, and bounded. Safe for many threads.</summary>
internal sealed class PredictionQueue
{
    private const double NewestShare = 0.1;
    // Workers wait at it.
    private readonly object _gate = new();
    private readonly Queue<QueuedImage> _images = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly ImageServingOptions _options;
    private readonly TimeProvider _time;
    private int _runningCount;
    private double _secondsPerImage;
    private bool _isClosed;

    public PredictionQueue(ImageServingOptions options, TimeProvider time, ServingMetrics metrics)
    {
        (_options, _time) = (options, time);
        metrics.ObserveQueue(() => Length);
    }

    /// <summary>Images that wait.</summary>
    public int Length
    {
        get { lock (_gate) return _images.Count; }
    }

    /// <summary>Whether no further image is taken now.</summary>
    public bool IsFull => Length >= _options.QueueLimit;

    /// <summary>How long those that wait now will take, by the time that the last images took.</summary>
    public TimeSpan ExpectedWait
    {
        get { lock (_gate) return TimeSpan.FromSeconds(_images.Count * _secondsPerImage / _options.WorkerCount); }
    }

    /// <summary>Puts all images into the queue, or none where there is no room for all.</summary>
    /// <exception cref="ObjectDisposedException">The application is stopping.</exception>
    public bool TryAdd(IReadOnlyList<QueuedImage> images)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_images.Count + images.Count > _options.QueueLimit) return false;
            foreach (QueuedImage image in images)
            {
                image.QueuedAt = _time.GetTimestamp();
                _images.Enqueue(image);
            }

            if (images.Count == 1) Monitor.Pulse(_gate);
            else Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Puts an image into the queue as soon as there is room.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before.</exception>
    /// <exception cref="ObjectDisposedException">The application is stopping.</exception>
    public async Task AddAsync(QueuedImage image, CancellationToken cancellationToken)
    {
        while (!TryAdd([image]))
        {
            TaskCompletionSource? room = null;
            lock (_gate)
            {
                if (_images.Count >= _options.QueueLimit)
                    _waiting.Enqueue(room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            if (room is not null) await room.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for images and takes some that run together; null when the queue is closed. The caller gives back when they have run.</summary>
    public TakenImages? Take()
    {
        lock (_gate)
        {
            while (_images.Count == 0 && !_isClosed) Monitor.Wait(_gate);
            if (_isClosed) return null;
            List<QueuedImage> taken = TakeTogether();
            bool isAlone = _runningCount == 0 && _images.Count == 0 && taken.Count == 1;
            _runningCount++;
            return new TakenImages(taken, isAlone);
        }
    }

    /// <summary>Says that taken images have run, and how long that took.</summary>
    public void GiveBack(int count, TimeSpan elapsed)
    {
        lock (_gate)
        {
            _runningCount--;
            double seconds = elapsed.TotalSeconds / count;
            _secondsPerImage = _secondsPerImage == 0 ? seconds : _secondsPerImage + (NewestShare * (seconds - _secondsPerImage));
        }
    }

    /// <summary>Takes no more images, lets the workers go, and fails what waits.</summary>
    public void Close()
    {
        QueuedImage[] left;
        TaskCompletionSource[] waiting;
        lock (_gate)
        {
            _isClosed = true;
            (left, waiting) = ([.. _images], [.. _waiting]);
            _images.Clear();
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (QueuedImage image in left) image.Fail(new ObjectDisposedException(nameof(IImagePredictor), "The application is stopping."));
        foreach (TaskCompletionSource waiter in waiting) waiter.TrySetResult();
    }

    // A fair share of what waits, so that no worker idles beside one with a full batch.
    private List<QueuedImage> TakeTogether()
    {
        int share = Math.Clamp((_images.Count + _options.WorkerCount - 1) / _options.WorkerCount, 1, _options.MaxBatchSize);
        QueuedImage first = _images.Dequeue();
        var taken = new List<QueuedImage>(share) { first };
        while (taken.Count < share && _images.TryPeek(out QueuedImage? next) && next.RunsWith(first)) taken.Add(_images.Dequeue());
        // All of them: some may have left, and others take the room first.
        while (_waiting.TryDequeue(out TaskCompletionSource? waiter)) waiter.TrySetResult();
        return taken;
    }
}
