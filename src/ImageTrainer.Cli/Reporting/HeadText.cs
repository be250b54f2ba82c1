using System.Globalization;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Reporting;

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
