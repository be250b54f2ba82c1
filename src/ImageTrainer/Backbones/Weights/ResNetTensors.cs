using System.Runtime.InteropServices;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The tensors of a network of the ResNet family under torchvision's keys.</summary>
internal sealed class ResNetTensors
{
    /// <summary>Keys of the head, which may be absent or of any number of classes.</summary>
    private const string HeadWeight = "fc.weight", HeadBias = "fc.bias";

    private static readonly string[] NormParts = ["weight", "bias", "running_mean", "running_var"];

    private readonly WeightSet _weights;
    /// <summary>Takes tensors that <see cref="ResNetMismatch"/> has nothing against.</summary>
    public ResNetTensors(WeightSet weights) => _weights = weights;

    /// <summary>Keys and shapes of all tensors of a network but the head's.</summary>
    public static IEnumerable<(string Key, long[] Shape)> Expected(ResNetArchitecture architecture)
    {
        foreach (ConvolutionLayer layer in architecture.Convolutions)
        {
            yield return ($"{layer.KernelKey}.weight", layer.KernelShape);
            foreach (string part in NormParts)
                yield return ($"{layer.NormKey}.{part}", [layer.Channels.Output]);
        }
    }

    /// <summary>Keys and shapes of the head's tensors; nothing where the file has no head.</summary>
    public static IEnumerable<(string Key, long[] Shape)> ExpectedHead(WeightSet weights, int featureCount)
    {
        WeightTensor? found = weights.Tensors.GetValueOrDefault(HeadWeight) ?? weights.Tensors.GetValueOrDefault(HeadBias);
        if (found is null)
            return [];
        long classCount = found.Shape is [var count, ..] && count > 0 ? count : 1;
        return [(HeadWeight, [classCount, featureCount]), (HeadBias, [classCount])];
    }

    /// <summary>Reads a convolution and its BatchNorm.</summary>
    /// <exception cref="BackboneException">The tensors cannot be read or hold numbers that are not finite.</exception>
    public UnfoldedConvolution Read(ConvolutionLayer layer)
    {
        WeightTensor kernel = _weights.Tensors[$"{layer.KernelKey}.weight"];
        byte[] bytes = new byte[(long)kernel.ElementCount * sizeof(float)];
        Span<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        kernel.Read(_weights.File, values);
        float[][] norm = [.. NormParts.Select(part => _weights.Read($"{layer.NormKey}.{part}"))];
        if (norm[3].AsSpan().ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon))
            throw _weights.File.Fault($"the tensor '{layer.NormKey}.{NormParts[3]}' holds negative variances");
        return new UnfoldedConvolution(bytes, new BatchNormalization(norm[0], norm[1], norm[2], norm[3]));
    }

    /// <summary>Reads the head, or gives null where the file has none.</summary>
    /// <exception cref="BackboneException">The tensors cannot be read or hold numbers that are not finite.</exception>
    public LinearLayer? ReadHead() => _weights.Tensors.ContainsKey(HeadWeight)
        ? new LinearLayer(_weights.Read(HeadWeight), _weights.Read(HeadBias))
        : null;
}
