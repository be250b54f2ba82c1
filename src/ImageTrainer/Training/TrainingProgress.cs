using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

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

    /// <summary>The arithmetic was chosen.</summary>
    /// <param name="Choice">Which, and why.</param>
    public sealed record PrecisionChosen(PrecisionChoice Choice) : TrainingProgress;

    /// <summary>The head is being fitted.</summary>
    public sealed record FittingHead : TrainingProgress;

    /// <summary>Something the user should know that is no error.</summary>
    /// <param name="Message">One sentence.</param>
    public sealed record Notice(string Message) : TrainingProgress;
}
