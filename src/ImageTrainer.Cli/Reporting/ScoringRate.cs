using System.Globalization;
using ImageTrainer.Batch;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Images a second and the time that is left, from the first report on: what earlier runs did says nothing about this one.</summary>
internal sealed class ScoringRate(TimeProvider clock)
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private long? _start;
    private long _startCount;

    /// <summary>Images a second; null at first, when it could only be a guess.</summary>
    public double? PerSecond { get; private set; }

    /// <summary>Time left; null where that is not known.</summary>
    public TimeSpan? Left { get; private set; }

    /// <summary>Takes a report.</summary>
    public void Take(ScoringProgress value)
    {
        if (_start is null) (_start, _startCount) = (clock.GetTimestamp(), value.DoneCount);
        TimeSpan elapsed = clock.GetElapsedTime(_start.Value);
        if (elapsed < Settling || value.DoneCount == _startCount) return;
        double rate = (value.DoneCount - _startCount) / elapsed.TotalSeconds;
        PerSecond = rate;
        Left = value.TotalCount is { } total ? TimeSpan.FromSeconds(Math.Ceiling((total - value.DoneCount) / rate)) : null;
    }

    /// <summary>Gives ", 27.5/s, 0:14 left", as far as it is known.</summary>
    public override string ToString()
    {
        string rate = PerSecond is { } perSecond ? string.Create(CultureInfo.InvariantCulture, $", {perSecond:0.0}/s") : "";
        return rate + (Left is { } left ? $", {Clock(left)} left" : "");
    }

    private static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);
}
