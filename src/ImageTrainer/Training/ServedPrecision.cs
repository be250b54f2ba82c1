using ImageTrainer.Data;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training;

/// <summary>Chooses the arithmetic of a network that has its head already: fine-tuning trains in fp32, what it has made may serve in int8.</summary>
internal static class ServedPrecision
{
    /// <summary>Quantizes the network where that was asked for or is as good.</summary>
    /// <param name="context">How to train.</param>
    /// <param name="equipment">The network in fp32; its featurizer is disposed where another takes its place.</param>
    /// <param name="fitted">Its head.</param>
    /// <param name="train">Images to calibrate and compare on.</param>
    public static Equipment Choose(TrainingContext context, Equipment equipment, FittedHead fitted, ImageDataset train)
    {
        Equipment chosen = Try(context, equipment, fitted, train);
        context.Progress?.Report(new TrainingProgress.PrecisionChosen(chosen.Precision));
        return chosen;
    }

    private static Equipment Try(TrainingContext context, Equipment equipment, FittedHead fitted, ImageDataset train)
    {
        using PrecisionTrial? trial = PrecisionTrial.Start(context, equipment.Backbone, train, out string whyNot);
        if (trial is null) return equipment with { Precision = new PrecisionChoice(NetworkPrecision.Fp32, whyNot) };
        context.Progress?.Report(new TrainingProgress.CheckingPrecision());
        ParityVerdict verdict = trial.Check(fitted);
        PrecisionChoice choice = PrecisionText.Describe(trial, verdict, context.Options.Precision);
        if (verdict.Network is not { } network) return equipment with { Precision = choice };
        equipment.Featurizer.Dispose();
        // No cache: the features of this one network will hardly be asked for again.
        var featurizer = new Featurizer(network, context.Device.Device, context.Options.ThreadCount, cache: null, equipment.Featurizer.UnappliedProfiles);
        return equipment with { Backbone = network, Featurizer = featurizer, Precision = choice, LayerErrors = trial.LayerErrors };
    }
}
