namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// Cancels a wait that shows no sign of life. Every sign renews the time allowed with <see cref="Allow"/>; an expired watchdog stays
/// expired. For one attempt on one thread at a time.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    /// <summary>Starts watching.</summary>
    /// <param name="allowed">Time until the first sign of life.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">The caller's own cancellation, passed through <see cref="Token"/>.</param>
    public Watchdog(TimeSpan allowed, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _timer = new CancellationTokenSource(allowed, timeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
        Allowed = allowed;
    }

    /// <summary>Cancelled when the time is over or the caller cancels.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>The time allowed last, for messages.</summary>
    public TimeSpan Allowed { get; private set; }

    /// <summary>Gives another <paramref name="time"/> from now on.</summary>
    public void Allow(TimeSpan time)
    {
        Allowed = time;
        _timer.CancelAfter(time);
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
