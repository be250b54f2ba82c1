using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>A bounded channel between two stages whose threads wait, and are measured while they do. Safe for concurrent use.</summary>
/// <param name="capacity">Items it holds, 1 or more; who adds another waits.</param>
/// <param name="cancellationToken">Ends every wait.</param>
internal sealed class StageQueue<T>(int capacity, CancellationToken cancellationToken)
{
    private readonly Channel<T> _channel = Channel.CreateBounded<T>(capacity);

    /// <summary>Adds an item as soon as there is room.</summary>
    /// <param name="item">The item.</param>
    /// <param name="meter">Measures the wait; null where it is no stage that waits.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Add(T item, StageMeter? meter)
    {
        if (_channel.Writer.TryWrite(item)) return;
        if (meter is null) Wait();
        else meter.MeasureRoom(Wait);

        bool Wait()
        {
            _channel.Writer.WriteAsync(item, cancellationToken).AsTask().GetAwaiter().GetResult();
            return true;
        }
    }

    /// <summary>Takes the next item as soon as there is one; false once the queue is complete and empty.</summary>
    /// <param name="meter">Measures the wait; null where it is no stage that waits.</param>
    /// <param name="item">The item.</param>
    /// <param name="rest">Called before every wait; gives its longest time, after which it is called again. Null for one wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public bool TryTake(StageMeter? meter, [MaybeNullWhen(false)] out T item, Func<TimeSpan>? rest = null)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_channel.Reader.TryRead(out item)) return true;
            if (!(meter is null ? Wait() : meter.MeasureInput(Wait))) return false;
        }

        bool Wait()
        {
            Task<bool> wait = _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (rest is not null && !wait.IsCompleted && Task.WaitAny([wait], rest()) < 0) continue;
            return wait.GetAwaiter().GetResult();
        }
    }

    /// <summary>Says that nothing more will be added.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}

/// <summary>Measures how the threads of one stage spend their time. Safe for concurrent use.</summary>
/// <param name="name">Name of the stage.</param>
/// <param name="threadCount">Its threads.</param>
/// <param name="clock">The clock.</param>
internal sealed class StageMeter(string name, int threadCount, TimeProvider clock)
{
    private long _totalTicks;
    private long _inputTicks;
    private long _roomTicks;

    /// <summary>Its threads.</summary>
    public int ThreadCount => threadCount;

    /// <summary>What has been measured.</summary>
    public StageTime Time => new(
        name,
        threadCount,
        TimeSpan.FromTicks(Math.Max(0, _totalTicks - _inputTicks - _roomTicks)),
        TimeSpan.FromTicks(_inputTicks),
        TimeSpan.FromTicks(_roomTicks));

    /// <summary>Measures one thread's whole work.</summary>
    public void MeasureAll(Action work) => Measure(ref _totalTicks, () =>
    {
        work();
        return true;
    });

    /// <summary>Measures a wait for something to do.</summary>
    public T MeasureInput<T>(Func<T> wait) => Measure(ref _inputTicks, wait);

    /// <summary>Measures a wait for room behind.</summary>
    public T MeasureRoom<T>(Func<T> wait) => Measure(ref _roomTicks, wait);

    private T Measure<T>(ref long ticks, Func<T> action)
    {
        long start = clock.GetTimestamp();
        try
        {
            return action();
        }
        finally
        {
            Interlocked.Add(ref ticks, clock.GetElapsedTime(start).Ticks);
        }
    }
}
