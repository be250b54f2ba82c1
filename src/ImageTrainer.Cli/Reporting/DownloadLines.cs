using System.Globalization;
using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Cli.Reporting;

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
