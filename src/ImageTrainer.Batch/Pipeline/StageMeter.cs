namespace ImageTrainer.Batch.Pipeline;

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
