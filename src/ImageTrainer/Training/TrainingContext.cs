using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Training;

/// <summary>What every step of a training run needs to know.</summary>
/// <param name="Options">How to train.</param>
/// <param name="Device">Where networks run.</param>
/// <param name="Progress">Told what happens, or null.</param>
/// <param name="CancellationToken">Cancels.</param>
internal sealed record TrainingContext(
    ImageClassificationOptions Options, DeviceChoice Device, IProgress<TrainingProgress>? Progress, CancellationToken CancellationToken)
{
    /// <summary>Timestamp of fine-tuning's clock at which training began; 0 where nothing is fine-tuned.</summary>
    public long StartTime { get; init; }

    /// <summary>Images that the model will be evaluated on, or null where they are not known yet.</summary>
    public ImageDataset? Test { get; init; }

    /// <summary>The images of this training whose colour profile could not be applied.</summary>
    public UnappliedProfiles UnappliedProfiles { get; } = new(countsFilesOnce: true);

    /// <summary>Prepares a network to featurize with.</summary>
    public Featurizer CreateFeaturizer(Backbone backbone) => new(backbone, Device.Device, Options.ThreadCount, Options.FeatureCache, UnappliedProfiles);
}
