using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Training;

/// <summary>What a training run works with.</summary>
/// <param name="Backbone">The pretrained network.</param>
/// <param name="Featurizer">The same, ready to run.</param>
/// <param name="Device">Where it runs, and why.</param>
/// <param name="Precision">Its arithmetic, and why.</param>
internal sealed record Equipment(Backbone Backbone, Featurizer Featurizer, DeviceChoice Device, PrecisionChoice Precision)
{
    /// <summary>What quantizing has done to each layer; empty in fp32.</summary>
    public IReadOnlyList<LayerError> LayerErrors { get; init; } = [];
}

/// <summary>What training has found.</summary>
/// <param name="Labels">The K labels, ordinal order.</param>
/// <param name="Head">The linear head on raw features.</param>
/// <param name="Temperature">What logits are divided by before the softmax.</param>
internal sealed record FittedHead(IReadOnlyList<string> Labels, Heads.HeadFit Head, float Temperature);
