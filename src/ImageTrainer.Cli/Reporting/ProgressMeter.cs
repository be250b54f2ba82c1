using System.Globalization;

namespace ImageTrainer.Cli.Reporting;

/// <summary>
/// Rate and remaining time of one step. Several workers finish their first batches together: that burst is the start and not the rate,
/// which is known when as many have followed.
/// </summary>
internal sealed class ProgressMeter(TimeProvider clock)
{
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private long? _first;
    private long _start;
    private int _firstCount;
    private int _startCount;
    private int _burstCount;

    /// <summary>"27.5/s, 0:14 left"; empty at first, when it could only be a guess.</summary>
    /// <param name="done">Items done by now; never fewer than before.</param>
    /// <param name="left">Items to be done.</param>
    public string Describe(int done, int left)
    {
        if (_first is null) (_first, _firstCount) = (clock.GetTimestamp(), Math.Max(0, done - 1));
        if (clock.GetElapsedTime(_first.Value) < Burst || done < _startCount)
            (_start, _startCount, _burstCount) = (clock.GetTimestamp(), done, done - _firstCount);
        TimeSpan elapsed = clock.GetElapsedTime(_start);
        if (elapsed < Settling || done <= _startCount || done < _startCount + _burstCount) return "";
        double rate = (done - _startCount) / elapsed.TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{rate:0.0}/s, {Clock(TimeSpan.FromSeconds(Math.Ceiling(left / rate)))} left");
    }

    private static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);
}
