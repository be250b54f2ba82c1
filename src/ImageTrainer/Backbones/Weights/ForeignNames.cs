using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The same ResNets under other libraries' names, and networks that are none.</summary>
internal static partial class ForeignNames
{
    // By a part of a tensor's name that no ResNet of torchvision's kind has.
    private static readonly (string Landmark, string Kind)[] OtherNetworks =
    [
        ("patch_embed.proj.weight", "a vision transformer"),
        ("patch_embeddings.projection.weight", "a vision transformer"),
        ("conv_proj.weight", "a vision transformer"),
        ("downsample_layers.0.0.weight", "a ConvNeXt"),
        ("conv_dw.weight", "a ConvNeXt, EfficientNet or MobileNet"),
        ("dwconv.weight", "a ConvNeXt"),
        ("conv_stem.weight", "an EfficientNet or MobileNet"),
        ("features.0.0.weight", "a network of another family, such as a MobileNet, EfficientNet or ConvNeXt"),
        ("denseblock1.denselayer1.norm1.weight", "a DenseNet"),
        ("Mixed_5b.branch1x1.conv.weight", "an Inception network"),
        ("features.0.weight", "a VGG, AlexNet or SqueezeNet"),
        ("stages.0.blocks.0.norm1.weight", "a pre-activation ResNet (v2)"),
    ];

    // Within a network that has a ResNet's stages.
    private static readonly (string Landmark, string Kind)[] Variants =
    [
        ("layer1.0.se.", "a ResNet with squeeze-and-excitation (SE)"),
        ("layer1.0.attn.", "a ResNet with attention"),
        ("conv1.0.weight", "a ResNet with a deep stem (C or D variant)"),
        ("layer2.0.downsample.1.0.weight", "a ResNet with average-pooled shortcuts (D variant)"),
    ];

    /// <summary>
    /// The tensors under torchvision's names, where they have those of Hugging Face's transformers or of fastai; else as they are.
    /// </summary>
    public static WeightSet ToTorchvision(WeightSet weights)
    {
        foreach (Func<string, string?> translate in (Func<string, string?>[])[OfTransformers, OfFastai])
        {
            (WeightTensor Tensor, string? Name)[] all = [.. weights.Tensors.Values.Select(tensor => (tensor, translate(tensor.Name)))];
            if (!all.Any(entry => entry.Name == "layer1.0.conv1.weight")) continue;
            var translated = new WeightSet(weights.File);
            foreach ((WeightTensor tensor, string? name) in all)
            {
                if (name is not null) translated.Add(tensor with { Name = name });
            }

            return translated;
        }

        return weights;
    }

    /// <summary>What a file without a ResNet holds: "a vision transformer"; null where that cannot be told.</summary>
    public static string? NameOther(WeightSet weights) => Find(OtherNetworks, weights);

    /// <summary>What kind of ResNet the names belong to that is not built here; null where they say nothing of the kind.</summary>
    public static string? NameVariant(WeightSet weights) => Find(Variants, weights);

    private static string? Find((string Landmark, string Kind)[] kinds, WeightSet weights) =>
        kinds.FirstOrDefault(kind => weights.Tensors.Keys.Any(name => name.Contains(kind.Landmark, StringComparison.Ordinal))).Kind;

    // transformers' modeling_resnet: embedder, encoder.stages.S.layers.B.{shortcut, layer.C}, each a convolution with its normalization.
    private static string? OfTransformers(string name)
    {
        if (name.EndsWith("classifier.1.weight", StringComparison.Ordinal) || name.EndsWith("classifier.1.bias", StringComparison.Ordinal))
            return "fc" + name[name.LastIndexOf('.')..];
        Match match = TransformersKey().Match(name);
        if (!match.Success) return null;
        bool isNorm = match.Groups["kind"].Value == "normalization";
        string part = match.Groups["part"].Value;
        if (!match.Groups["stage"].Success) return $"{(isNorm ? "bn1" : "conv1")}.{part}";
        string block = $"layer{Next(match.Groups["stage"])}.{match.Groups["block"].Value}";
        return match.Groups["layer"].Success
            ? $"{block}.{(isNorm ? "bn" : "conv")}{Next(match.Groups["layer"])}.{part}"
            : $"{block}.downsample.{(isNorm ? 1 : 0)}.{part}";
    }

    // fastai's body is the ResNet's children in a Sequential: 0 conv1, 1 bn1, 4 to 7 the stages; the head after it is fastai's own.
    private static string? OfFastai(string name)
    {
        Match match = FastaiKey().Match(name);
        if (!match.Success) return null;
        string rest = match.Groups["rest"].Value;
        return match.Groups["child"].Value switch
        {
            "0" => $"conv1.{rest}",
            "1" => $"bn1.{rest}",
            var child => $"layer{child[0] - '3'}.{rest}",
        };
    }

    private static int Next(Group number) => int.Parse(number.ValueSpan, CultureInfo.InvariantCulture) + 1;

    [GeneratedRegex(
        @"^(.*\.)?(embedder\.embedder|encoder\.stages\.(?<stage>[0-3])\.layers\.(?<block>[0-9]{1,3})\.(shortcut|layer\.(?<layer>[0-2])))"
            + @"\.(?<kind>convolution|normalization)\.(?<part>[a-z_]+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex TransformersKey();

    [GeneratedRegex(
        @"^(model\.|module\.)?0\.(?<child>[014567])\.(?<rest>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FastaiKey();
}

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

/// <summary>Compares the tensors of a file with those of an architecture, all at once.</summary>
internal static class ResNetMismatch
{
    private const int MaxListed = 20;
    private const int MaxNameLength = 100;

    // Batch counters of training, which inference has no need of.
    private const string CounterSuffix = ".num_batches_tracked";

    /// <summary>Passes when every tensor is there in its shape and none is left over.</summary>
    /// <exception cref="BackboneException">Names what is missing, surplus or of another shape: up to 20 tensors, and how many more.</exception>
    public static void Check(WeightSet weights, ResNetArchitecture architecture)
    {
        Dictionary<string, long[]> expected = ResNetTensors.Expected(architecture)
            .Concat(ResNetTensors.ExpectedHead(weights, architecture.FeatureCount))
            .ToDictionary(tensor => tensor.Key, tensor => tensor.Shape, StringComparer.Ordinal);
        string[] faults =
        [
            .. Missing(weights, expected),
            .. Misshaped(weights, expected),
            .. Surplus(weights, expected),
        ];
        if (faults.Length == 0)
            return;
        string more = faults.Length > MaxListed ? $"; and {faults.Length - MaxListed} more" : "";
        throw weights.File.Fault($"its tensors are not those of {architecture.Name}: {string.Join("; ", faults.Take(MaxListed))}{more}");
    }

    private static IEnumerable<string> Missing(WeightSet weights, Dictionary<string, long[]> expected) =>
        from tensor in expected
        where !weights.Tensors.ContainsKey(tensor.Key)
        select $"missing {tensor.Key} {WeightTensor.ToText(tensor.Value)}";

    private static IEnumerable<string> Misshaped(WeightSet weights, Dictionary<string, long[]> expected) =>
        from tensor in expected
        let found = weights.Tensors.GetValueOrDefault(tensor.Key)
        where found is not null && !found.Shape.AsSpan().SequenceEqual(tensor.Value)
        select $"{tensor.Key} is {found.ShapeText} instead of {WeightTensor.ToText(tensor.Value)}";

    private static IEnumerable<string> Surplus(WeightSet weights, Dictionary<string, long[]> expected) =>
        from name in weights.Tensors.Keys.Order(StringComparer.Ordinal)
        where !expected.ContainsKey(name) && !name.EndsWith(CounterSuffix, StringComparison.Ordinal)
        select $"surplus {(name.Length > MaxNameLength ? name[..MaxNameLength] + "..." : name)}";
}
