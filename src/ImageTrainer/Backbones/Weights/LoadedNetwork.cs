using ImageTrainer.Graphs;

namespace ImageTrainer.Backbones.Weights;

/// <summary>What a weight file has given.</summary>
/// <param name="Architecture">Name of the network, or null where it is whatever an ONNX file holds.</param>
/// <param name="Graph">From Pixels [N, 3, H, W] to Features [N, D].</param>
/// <param name="Head">The file's own head, or null where it has none.</param>
internal sealed record LoadedNetwork(string? Architecture, Graph Graph, LinearLayer? Head)
{
    /// <summary>What each output channel of a kernel, [M], has been multiplied by when its BatchNorm was folded in; by the kernel's name.</summary>
    public IReadOnlyDictionary<string, float[]> KernelScales { get; init; } = new Dictionary<string, float[]>();
}
