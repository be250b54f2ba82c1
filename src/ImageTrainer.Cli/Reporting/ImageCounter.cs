using System.Globalization;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Words the progress of one step over many images: "Featurizing: 120/500 images, 80 from the cache, 27.5/s, 0:14 left".</summary>
/// <param name="step">What is done to the images.</param>
/// <param name="display">Where it is shown.</param>
/// <param name="clock">Measures the rate.</param>
internal sealed class ImageCounter(string step, StepDisplay display, TimeProvider clock) : IProgress<FeaturizingProgress>
{
    private const double LeastSeconds = 0.2;

    private readonly Lock _lock = new();
    private readonly ProgressMeter _meter = new(clock);
    private readonly long _start = clock.GetTimestamp();
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

    private string Total(FeaturizingProgress value)
    {
        double seconds = clock.GetElapsedTime(_start).TotalSeconds;
        int computed = value.DoneCount - value.CachedCount;
        // What was there already takes no time; a rate of it would be no speed of anything.
        string rate = computed > 0 && seconds >= LeastSeconds ? string.Create(CultureInfo.InvariantCulture, $" ({computed / seconds:0.0}/s)") : "";
        return string.Create(CultureInfo.InvariantCulture, $", {seconds:0.0} s{rate}");
    }

    private static string Details(FeaturizingProgress value)
    {
        string cached = value.CachedCount > 0 ? $", {value.CachedCount} from the cache" : "";
        string bad = value.BadCount > 0 ? $", {value.BadCount} unreadable" : "";
        return cached + bad;
    }
}
