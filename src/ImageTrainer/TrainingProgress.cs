using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Training;

/// <summary>Something that happened during training. Items are immutable and may arrive from any thread.</summary>
public abstract record TrainingProgress
{
    private TrainingProgress()
    {
    }

    /// <summary>The device was chosen.</summary>
    /// <param name="Choice">Which, and why.</param>
    public sealed record DeviceChosen(DeviceChoice Choice) : TrainingProgress;

    /// <summary>The backbone was chosen.</summary>
    /// <param name="Backbone">Which, where it is, and why.</param>
    public sealed record BackboneChosen(ResolvedBackbone Backbone) : TrainingProgress;

    /// <summary>Weights are being downloaded.</summary>
    /// <param name="Progress">How far the download has come.</param>
    public sealed record Downloading(DownloadProgress Progress) : TrainingProgress;

    /// <summary>Images are being featurized.</summary>
    /// <param name="Progress">How far it has come.</param>
    public sealed record Featurizing(FeaturizingProgress Progress) : TrainingProgress;

    /// <summary>The network is being turned into integers.</summary>
    public sealed record Calibrating : TrainingProgress;

    /// <summary>The int8 network is being held against fp32.</summary>
    public sealed record CheckingPrecision : TrainingProgress;

    /// <summary>The arithmetic was chosen: of the frozen network, and once more of what fine-tuning has made of it.</summary>
    /// <param name="Choice">Which, and why.</param>
    public sealed record PrecisionChosen(PrecisionChoice Choice) : TrainingProgress;

    /// <summary>The head is being fitted.</summary>
    public sealed record FittingHead : TrainingProgress;

    /// <summary>Fine-tuning begins; once more where it goes on with a second training, on all images.</summary>
    /// <param name="Options">How.</param>
    /// <param name="TrainImageCount">Images that steps are taken on.</param>
    /// <param name="ValidationImageCount">Images that epochs are compared on; 0 in the training on all images.</param>
    /// <param name="BatchSize">Images of a step.</param>
    public sealed record FineTuningStarted(FineTuningOptions Options, int TrainImageCount, int ValidationImageCount, int BatchSize) : TrainingProgress;

    /// <summary>A step of fine-tuning is done.</summary>
    /// <param name="Epoch">Number of the epoch, from 1.</param>
    /// <param name="Step">Number of the step in its epoch, from 1.</param>
    /// <param name="StepCount">Steps of an epoch.</param>
    /// <param name="BatchSize">Images of a step.</param>
    public sealed record StepFinished(int Epoch, int Step, int StepCount, int BatchSize) : TrainingProgress
    {
        /// <summary>Whether it is of the second training, on all images.</summary>
        public bool IsOnAll { get; init; }
    }

    /// <summary>An epoch of fine-tuning is done; number 0 is the frozen network before it.</summary>
    /// <param name="Epoch">How it went.</param>
    /// <param name="EpochCount">Epochs in all.</param>
    public sealed record EpochFinished(FineTuningEpoch Epoch, int EpochCount) : TrainingProgress
    {
        /// <summary>Whether it is of the second training, on all images.</summary>
        public bool IsOnAll { get; init; }
    }

    /// <summary>Something the user should know that is no error.</summary>
    /// <param name="Message">One sentence.</param>
    public sealed record Notice(string Message) : TrainingProgress;
}

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
