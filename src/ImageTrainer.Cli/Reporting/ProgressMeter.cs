using System.Globalization;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Rate and remaining time of one step.</summary>
internal sealed class ProgressMeter(TimeProvider clock)
{
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Seconds since the step began.</summary>
    public double Seconds => clock.GetElapsedTime(_start).TotalSeconds;

    /// <summary>"27.5/s, 0:14 left", or an empty text where nothing is done yet.</summary>
    public string Describe(int done, int total)
    {
        double seconds = Seconds;
        if (done == 0 || seconds <= 0) return "";
        double rate = done / seconds;
        var left = TimeSpan.FromSeconds((total - done) / rate);
        string time = left.TotalHours >= 1
            ? left.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
            : left.ToString(@"m\:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{rate:0.0}/s, {time} left");
    }
}
