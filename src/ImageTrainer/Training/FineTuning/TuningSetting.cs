using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Training.FineTuning;

/// <summary>What fine-tuning starts from, and where it runs.</summary>
/// <param name="Backbone">The pretrained network, in fp32.</param>
/// <param name="Frozen">The same, as its frozen stages are run: quantized, or itself.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Seed">Seed of every random draw.</param>
/// <param name="ClassWeights">Whether rare classes count more.</param>
/// <param name="Device">Where it runs.</param>
/// <param name="ThreadCount">Threads that decode and compute.</param>
/// <param name="Cache">Where activations are kept, or null to keep none.</param>
/// <param name="StartTime">Timestamp of the options' clock at which the time budget began to run.</param>
internal sealed record TuningSetting(
    Backbone Backbone,
    Backbone Frozen,
    FineTuningOptions Options,
    int Seed,
    ClassWeights ClassWeights,
    ComputeDevice Device,
    int ThreadCount,
    FeatureCacheOptions? Cache,
    long StartTime)
{
    /// <summary>What the options' learning rate is multiplied by from the start: below 1 where an earlier training has diverged at more.</summary>
    public double RateFactor { get; init; } = 1;
}
