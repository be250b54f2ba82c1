using System.Globalization;
using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Cli.Terminal;

/// <summary>Words the progress of one step over many images: "Featurizing: 120/500 images, 80 from the cache, 27.5/s, 0:14 left".</summary>
/// <param name="step">What is done to the images.</param>
/// <param name="display">Where it is shown.</param>
/// <param name="clock">Measures the rate.</param>
internal sealed class ImageCounter(string step, StepDisplay display, TimeProvider clock) : IProgress<FeaturizingProgress>
{
    /// <summary>Seconds below which a rate says nothing.</summary>
    private const double LeastSeconds = 0.2;

    private readonly Lock _lock = new();
    private readonly ProgressMeter _meter = new(clock);
    private readonly long _start = clock.GetTimestamp();

    /// <summary>The furthest that was reported.</summary>
    private int _doneCount;

    /// <summary>Shows progress, which may arrive from any thread and out of order.</summary>
    public void Report(FeaturizingProgress value)
    {
        lock (_lock)
        {
            if (value.DoneCount <= _doneCount) return;
            _doneCount = value.DoneCount;
            string done = $"{step}: {value.DoneCount}/{value.TotalCount} images{Details(value)}";
            // What comes from the cache takes no time, and says nothing about the rest.
            string rate = _meter.Describe(value.DoneCount - value.CachedCount, value.TotalCount - value.DoneCount);
            if (value.DoneCount == value.TotalCount) display.Finish(done + Total(value));
            else display.Show(rate.Length == 0 ? done : $"{done}, {rate}", (double)value.DoneCount / value.TotalCount);
        }
    }

    /// <summary>", 11.6 s (13.8/s)": what the whole step took, and the rate of what was not there already.</summary>
    private string Total(FeaturizingProgress value)
    {
        double seconds = clock.GetElapsedTime(_start).TotalSeconds;
        int computed = value.DoneCount - value.CachedCount;
        // What was there already takes no time; a rate of it would be no speed of anything.
        string rate = computed > 0 && seconds >= LeastSeconds
            ? string.Create(CultureInfo.InvariantCulture, $" ({computed / seconds:0.0}/s)")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $", {seconds:0.0} s{rate}");
    }

    /// <summary>What came from the cache and what could not be read, as far as there is any.</summary>
    private static string Details(FeaturizingProgress value)
    {
        string cached = value.CachedCount > 0 ? $", {value.CachedCount} from the cache" : "";
        string bad = value.BadCount > 0 ? $", {value.BadCount} unreadable" : "";
        return cached + bad;
    }
}

/// <summary>
/// Rate and remaining time of one step. Several workers finish their first batches together: that burst is the start and not the rate,
/// which is known when as many have followed.
/// </summary>
internal sealed class ProgressMeter(TimeProvider clock)
{
    /// <summary>Time after the first report within which others are of the same burst.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(0.25);

    /// <summary>Time before which a rate would be a guess.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    /// <summary>When the first report came.</summary>
    private long? _first;

    /// <summary>When the burst was over: what the rate is measured from.</summary>
    private long _start;

    /// <summary>Items that were done before the burst.</summary>
    private int _firstCount;

    /// <summary>Items that were done when it was over.</summary>
    private int _startCount;

    /// <summary>Items of the burst.</summary>
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

    /// <summary>"0:14", "1:02:05"; hours are not cut at a day.</summary>
    public static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);
}

/// <summary>Words the progress of a download.</summary>
internal static class DownloadLines
{
    /// <summary>"resnet50-0676ba61.pth: 41 of 103 MB, 12.3 MB/s".</summary>
    public static string Describe(DownloadProgress progress)
    {
        string total = progress.TotalByteCount is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" of {bytes / 1e6:0}") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{progress.FileName}: {progress.ReceivedByteCount / 1e6:0}{total} MB, {progress.BytesPerSecond / 1e6:0.0} MB/s");
    }

    /// <summary>Share that has arrived, 0 to 1, or null where the whole is not known.</summary>
    public static double? DoneFraction(DownloadProgress progress) =>
        progress.TotalByteCount is > 0 and { } total ? (double)progress.ReceivedByteCount / total : null;

    /// <summary>Shows a download as it goes on.</summary>
    public static IProgress<DownloadProgress> On(StepDisplay display) => new Relay<DownloadProgress>(progress =>
    {
        if (progress.ReceivedByteCount == progress.TotalByteCount) display.Finish(Describe(progress));
        else display.Show(Describe(progress), DoneFraction(progress));
    });
}

/// <summary>Hands progress to a method on the reporter's own thread, so that items keep their order.</summary>
internal sealed class Relay<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
