using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageTrainer.Cli.Terminal;

/// <summary>
/// Ctrl+C and SIGTERM while a verb runs: the first asks it to end, and a second one, a moment later, no longer waits for that.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    /// <summary>
    /// Within this time of the first signal another one is the same one. Service managers and shells may send one signal to a whole group
    /// of processes that hand it on to each other.
    /// </summary>
    private static readonly TimeSpan EchoTime = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _asked = new();

    /// <summary>Done when what was asked to end is no longer waited for.</summary>
    private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>When the first signal came.</summary>
    private long _askedAt;

    /// <param name="patience">How long what was asked to end may take.</param>
    public TerminationSignals(TimeSpan patience)
    {
        _patience = patience;
        _registrations =
            [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _asked.Token;

    /// <summary>Waits for work that <see cref="Token"/> cancels, and gives null where it is left behind.</summary>
    public async Task<int?> WaitAsync(Task<int> work) =>
        await Task.WhenAny(work, _givenUp.Task) == work ? await work : null;

    /// <summary>Gives the signals back their usual effect.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    /// <summary>The first signal asks, a later one gives up; none ends the process by itself.</summary>
    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_asked.IsCancellationRequested)
        {
            if (Stopwatch.GetElapsedTime(Interlocked.Read(ref _askedAt)) > EchoTime) _givenUp.TrySetResult();
            return;
        }

        Interlocked.Exchange(ref _askedAt, Stopwatch.GetTimestamp());
        _ = _asked.CancelAsync();
        _ = Task.Delay(_patience).ContinueWith(_ => _givenUp.TrySetResult(), TaskScheduler.Default);
    }
}
