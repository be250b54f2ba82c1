using System.Globalization;
using ImageTrainer.Data;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>Words how fine-tuning goes and what it has come to.</summary>
internal static class FineTuningText
{
    /// <summary>"Fine-tuning stage4 and the head: 240 images, 60 to validate on, 16 a step, at most 10 epochs."</summary>
    public static string Start(FineTuningOptions options, (int Train, int Validation) imageCounts, int batchSize)
    {
        string what = $"Fine-tuning {Name(options.Stages)} and the head";
        string epochs = Counted.Of(options.EpochCount, "epoch");
        return imageCounts.Validation == 0
            ? $"{what} once more, {epochs} on all {imageCounts.Train} images."
            : $"{what}: {imageCounts.Train} images, {imageCounts.Validation} to validate on, {batchSize} a step, at most {epochs}.";
    }

    /// <summary>"The time budget reaches about 2 of 10 epochs." Null where it reaches all of them, or there is none.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="epochTime">How long an epoch takes.</param>
    public static string? Reach(FineTuningOptions options, TimeSpan epochTime)
    {
        if (options.TimeBudget is not { } budget || budget >= options.EpochCount * epochTime) return null;
        int count = (int)(budget / epochTime);
        string reached = count == 0 ? "less than one" : $"about {count}";
        return $"The time budget of {budget:h\\:mm\\:ss} reaches {reached} of {Counted.Of(options.EpochCount, "epoch")}; "
            + (count == 0 ? "give more time with --time-budget, or leave --fine-tune out." : "more take more time.");
    }

    /// <summary>One line an epoch; number 0 is the frozen network.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="epochCount">Epochs asked for.</param>
    /// <param name="beatsFrozen">Whether it beats the frozen network.</param>
    /// <param name="left">Time that is left, or null where that is not known.</param>
    public static string Of(FineTuningEpoch epoch, int epochCount, bool beatsFrozen, TimeSpan? left)
    {
        if (epoch.Number == 0)
            return $"Frozen network: validation {Score(epoch)}.";
        string time = left is { } rest ? string.Create(CultureInfo.InvariantCulture, $", {rest:h\\:mm\\:ss} left") : "";
        string best = !epoch.IsBest ? "" : beatsFrozen ? " (best)" : " (best epoch, behind the frozen network)";
        string validation = double.IsNaN(epoch.ValidationLoss) ? "" : $"validation {Score(epoch)}{best}; ";
        return string.Create(CultureInfo.InvariantCulture,
            $"Epoch {epoch.Number}/{epochCount}: loss {epoch.TrainLoss:0.0000}, accuracy {epoch.TrainAccuracy:0.000}; {validation}"
            + $"rate {epoch.LearningRate:G2}, {epoch.ImagesPerSecond:0.0} images/s{time}");
    }

    /// <summary>What the model holds, and why.</summary>
    /// <param name="result">What fine-tuning came to.</param>
    /// <param name="hasOwnValidation">Whether images to validate on were given, and not taken from those to learn from.</param>
    public static string Conclusion(FineTuningResult result, bool hasOwnValidation)
    {
        if (result.Ending == FineTuningEnding.NothingToValidateOn)
            return $"Fine-tuning not begun, for there are too few images to hold any out: the model has {Holds(result)}.";
        string end = result.Ending switch
        {
            FineTuningEnding.StoppedEarly => "stopped early",
            FineTuningEnding.OutOfTime => "out of time",
            FineTuningEnding.ImagesLost => "ended, for no image could be read any more,",
            FineTuningEnding.Cancelled => "cancelled",
            _ => "done",
        };
        string fewer = result is { IsBetter: true, IsTrainedOnAll: false } && !hasOwnValidation
            ? $" It has learned from {result.TrainImageCount} images; the frozen network's head had all "
                + $"{result.TrainImageCount + result.ValidationImageCount}."
            : "";
        return $"Fine-tuning {end} after {Counted.Of(result.Epochs.Count, "epoch")}: the model has {Holds(result)}.{fewer}";
    }

    /// <summary>"epoch 7 (validation loss 0.31, accuracy 0.917; frozen network 0.42, 0.867)".</summary>
    public static string Holds(FineTuningResult result)
    {
        if (result.Ending == FineTuningEnding.NothingToValidateOn) return "the frozen network with its fitted head";
        string frozen = Score(result.Frozen);
        return result.IsBetter
            ? $"epoch {result.BestEpoch} (validation {Score(result.Best)}; frozen network {frozen}){OnAll(result)}"
            : $"the frozen network with its fitted head (validation {frozen}), which no epoch beats";
    }

    /// <summary>"in epoch 3", "after epoch 10", or where the training on all images was.</summary>
    /// <param name="result">What was cancelled.</param>
    /// <param name="epochCount">Epochs asked for.</param>
    public static string Moment(FineTuningResult result, int epochCount) => result switch
    {
        { IsTrainedOnAll: true } => "after training on all images",
        { EpochsOnAll: { } onAll } => $"in epoch {onAll.Count + 1} of training on all images",
        _ when result.Epochs.Count >= epochCount => $"after epoch {result.Epochs.Count}",
        _ => $"in epoch {result.Epochs.Count + 1}",
    };

    /// <summary>The name as it is given on the command line.</summary>
    public static string Name(FineTuneStages stages) => stages.ToString().ToLowerInvariant();

    /// <summary>That the weights are of a second training, where they are.</summary>
    private static string OnAll(FineTuningResult result) =>
        result.IsTrainedOnAll ? $", trained anew for {Counted.Of(result.EpochsOnAll!.Count, "epoch")} on all images" : "";

    /// <summary>"loss 0.3120, accuracy 0.917": on the images that epochs are compared on.</summary>
    private static string Score(FineTuningEpoch epoch) =>
        string.Create(CultureInfo.InvariantCulture, $"loss {epoch.ValidationLoss:0.0000}, accuracy {epoch.ValidationAccuracy:0.000}");
}

/// <summary>Words what fitting the head has come to.</summary>
internal static class HeadText
{
    /// <summary>
    /// "Head: L2 0.3, the best of 8 strengths by cross-validation (held-out log-loss 0.412, accuracy 0.870); temperature 1.08."
    /// </summary>
    public static string Of(ImageClassificationModel model)
    {
        HeadTrial? chosen = model.Trials.FirstOrDefault(trial => trial.IsChosen);
        string how = chosen is null ? "" : string.Create(CultureInfo.InvariantCulture,
            $", the best of {model.Trials.Count} strengths by cross-validation "
            + $"(held-out log-loss {chosen.LogLoss:0.000}, accuracy {chosen.Accuracy:0.000})");
        // What cross-validation says is of the head that was fitted on the frozen network, and the temperature of the one that was trained.
        return model.FineTuning is { IsBetter: true }
            ? string.Create(CultureInfo.InvariantCulture,
                $"Head: trained with the network from one fitted on the frozen network with L2 {model.L2:0.######}; "
                + $"temperature {model.Temperature:0.00}.")
            : string.Create(CultureInfo.InvariantCulture, $"Head: L2 {model.L2:0.######}{how}; temperature {model.Temperature:0.00}.");
    }
}
