using System.Globalization;
using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Shows a download as a line on stderr every two seconds.</summary>
internal sealed class DownloadLines(TimeProvider clock) : IProgress<DownloadProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private long _last = clock.GetTimestamp();

    /// <summary>"resnet50-0676ba61.pth: 41 of 103 MB, 12.3 MB/s".</summary>
    public static string Describe(DownloadProgress progress)
    {
        string total = progress.TotalByteCount is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" of {bytes / 1e6:0}") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{progress.FileName}: {progress.ReceivedByteCount / 1e6:0}{total} MB, {progress.BytesPerSecond / 1e6:0.0} MB/s");
    }

    /// <inheritdoc/>
    public void Report(DownloadProgress value)
    {
        bool isLast = value.ReceivedByteCount == value.TotalByteCount;
        if (!isLast && clock.GetElapsedTime(_last) < Interval) return;
        _last = clock.GetTimestamp();
        Console.Error.WriteLine(Describe(value));
    }
}
