using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training;

/// <summary>Passes the progress of single steps on as the progress of training.</summary>
internal static class TrainingNews
{
    public static IProgress<FeaturizingProgress>? OfFeaturizing(IProgress<TrainingProgress>? progress) =>
        progress is null ? null : new Relay<FeaturizingProgress>(item => progress.Report(new TrainingProgress.Featurizing(item)));

    public static IProgress<DownloadProgress>? OfDownload(IProgress<TrainingProgress>? progress) =>
        progress is null ? null : new Relay<DownloadProgress>(item => progress.Report(new TrainingProgress.Downloading(item)));

    public static void Tell(IProgress<TrainingProgress>? progress, string? notice)
    {
        if (notice is not null) progress?.Report(new TrainingProgress.Notice(notice));
    }

    // Unlike Progress<T> it reports on the reporter's thread, so that items keep their order.
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
