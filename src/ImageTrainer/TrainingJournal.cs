using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ImageTrainer.Training;

/// <summary>Tells ML.NET's log and a callback what happens in a fit, and hears from ML.NET when it is cancelled.</summary>
/// <param name="host">The trainer's place in ML.NET's environment.</param>
/// <param name="channel">Its log.</param>
/// <param name="callback">Told of images, epochs and the head; or null.</param>
/// <param name="cancelling">Cancelled when ML.NET is.</param>
internal sealed class TrainingJournal(
    IHost host, IChannel channel, Action<ImageClassificationTrainer.ImageClassificationMetrics>? callback, CancellationTokenSource cancelling) : IProgress<TrainingProgress>
{
    private bool _hasEpochs;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (CatalogEnvironment.IsCancelled(host)) cancelling.Cancel();
        _hasEpochs |= value is TrainingProgress.EpochFinished;
        if (Metrics(value) is { } metrics) Tell(metrics);
        else if (Message(value) is { } message) channel.Info(MessageSensitivity.None, "{0}", [message]);
    }

    /// <summary>
    /// Tells how the finished head does on images that were held out in turn; where there were epochs they have told of it, and the last
    /// of them stays the last news.
    /// </summary>
    public void Report(IReadOnlyList<HeadTrial> trials)
    {
        if (_hasEpochs) return;
        if (trials.FirstOrDefault(trial => trial.IsChosen) is { } chosen) Tell(Epoch(0, chosen.Accuracy, chosen.LogLoss, learningRate: 0));
    }

    private void Tell(ImageClassificationTrainer.ImageClassificationMetrics metrics)
    {
        channel.Trace(MessageSensitivity.None, "{0}", [metrics.ToString()]);
        callback?.Invoke(metrics);
    }

    private static string? Message(TrainingProgress value) => value switch
    {
        TrainingProgress.Notice notice => notice.Message,
        TrainingProgress.DeviceChosen device => $"Device: {device.Choice.Device}, {device.Choice.Reason}.",
        TrainingProgress.BackboneChosen backbone => $"Backbone: {backbone.Backbone.Descriptor.Name}, {backbone.Backbone.Reason}.",
        TrainingProgress.PrecisionChosen precision => $"Precision: {precision.Choice.Name}, {precision.Choice.Reason}.",
        TrainingProgress.FittingHead => "Fitting the head.",
        _ => null,
    };

    private static ImageClassificationTrainer.ImageClassificationMetrics? Metrics(TrainingProgress value) => value switch
    {
        TrainingProgress.Featurizing featurizing => new() { Bottleneck = new() { Index = featurizing.Progress.DoneCount } },
        TrainingProgress.EpochFinished { IsOnAll: false, Epoch: var epoch } => Epoch(epoch.Number, epoch.ValidationAccuracy, epoch.ValidationLoss, epoch.LearningRate),
        _ => null,
    };

    private static ImageClassificationTrainer.ImageClassificationMetrics Epoch(int number, double accuracy, double loss, double learningRate) => new()
    {
        Train = new()
        {
            DatasetUsed = ImageClassificationTrainer.ImageClassificationMetrics.Dataset.Validation,
            Epoch = number,
            Accuracy = (float)accuracy,
            CrossEntropy = (float)loss,
            LearningRate = (float)learningRate,
        },
    };
}

/// <summary>
/// The environment behind a catalog of ML.NET, for its log and its cancellation. ML.NET shows it to its own assemblies only; where a later
/// version hides it elsewhere, nothing is logged and nothing can be cancelled through it, and all else goes on.
/// </summary>
internal static class CatalogEnvironment
{
    /// <summary>Finds the environment, or makes one of its own.</summary>
    public static IHostEnvironment Of(object catalog) =>
        catalog.GetType().GetInterface("Microsoft.ML.Data.IInternalCatalog")?.GetProperty("Environment")?.GetValue(catalog) as IHostEnvironment
        ?? new MLContext();

    /// <summary>Whether what runs there has been cancelled.</summary>
    public static bool IsCancelled(IHost host) =>
        host.GetType().GetProperty("IsCanceled", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(host) is true;
}
