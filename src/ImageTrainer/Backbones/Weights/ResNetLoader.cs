using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Makes the graph of a ResNet from the tensors of a file, or from a foreign graph that is one.</summary>
internal static class ResNetLoader
{
    /// <summary>Recognises the network, checks every tensor, and builds the graph; one layer's tensors are read at a time.</summary>
    /// <param name="weights">The file's tensors.</param>
    /// <param name="descriptor">Normalisation, and the architecture where it is known.</param>
    /// <param name="imageSize">H and W in pixels.</param>
    /// <exception cref="BackboneException">The tensors are not those of a known ResNet, or cannot be read.</exception>
    public static LoadedNetwork Load(WeightSet weights, BackboneDescriptor descriptor, int imageSize)
    {
        WeightSet plain = ResNetRecognition.Unwrap(weights);
        ResNetArchitecture architecture = ResNetRecognition.Recognize(plain, descriptor.Architecture);
        ResNetMismatch.Check(plain, architecture);
        var tensors = new ResNetTensors(plain);
        return Build(architecture, NetworkInput.Of(descriptor, imageSize), tensors.Read, tensors.ReadHead());
    }

    /// <summary>Does so with an ONNX graph, whatever its names; null where it is another kind of network.</summary>
    /// <param name="file">The file.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="features">The tensor that features are taken from.</param>
    /// <param name="input">The image as the graph takes it, normalised outside of it.</param>
    /// <exception cref="BackboneException">Its weights are damaged.</exception>
    public static LoadedNetwork? TryLoad(WeightFile file, GraphProto graph, string features, NetworkInput input)
    {
        var view = new OnnxGraphView(graph);
        if (OnnxPooling.Behind(view, features) is not { } pool) return null;
        (long Height, long Width) size = OnnxImageInput.FixedSizeOf(graph);
        bool isEven = size.Height % ResNetArchitecture.SmallestSide == 0 && size.Width % ResNetArchitecture.SmallestSide == 0;
        if (!OnnxPooling.IsWhole(pool, size) || OnnxResNet.Behind(view, pool.Input[0], isEven) is not { } network) return null;
        if (OnnxImageScaling.Behind(view, network.Image) is not { } scaling) return null;
        int featureCount = network.Architecture.FeatureCount;
        // Where the next layer takes rows of another length, features are not what is pooled.
        if (OnnxHead.WidthAfter(graph, features) is { } width && width != featureCount) return null;
        return Build(
            network.Architecture, input.Behind(scaling), layer => network.Layers[layer].Read(file, view), OnnxHead.ReadAfter(graph, features, featureCount));
    }

    private static LoadedNetwork Build(
        ResNetArchitecture architecture, NetworkInput input, Func<ConvolutionLayer, UnfoldedConvolution> read, LinearLayer? head)
    {
        var scales = new Dictionary<string, float[]>(StringComparer.Ordinal);
        FoldedConvolution Fold(ConvolutionLayer layer)
        {
            (byte[] kernel, BatchNormalization norm) = read(layer);
            Span<float> values = MemoryMarshal.Cast<byte, float>(kernel.AsSpan());
            if (layer == ResNetArchitecture.Stem) input.Reorder(values);
            scales[ResNet.KernelName(layer)] = norm.Scales;
            return new FoldedConvolution(kernel, norm.FoldInto(values));
        }

        var graph = new GraphBuilder(architecture.Name);
        GraphTensor image = graph.AddNormalizedPixels("normalize", (input.ImageSize, input.ImageSize), input.Mean, input.Deviation);
        graph.Output(graph.AddResNet(architecture, image, Fold));
        return new LoadedNetwork(architecture.Name, graph.Build(), head) { KernelScales = scales };
    }
}

/// <summary>How pixels become what a network's first convolution takes.</summary>
/// <param name="ImageSize">H and W in pixels.</param>
/// <param name="Mean">Per channel of RGB / 255, subtracted first.</param>
/// <param name="Deviation">Per channel of RGB / 255, divided by next.</param>
/// <param name="Place">For each of the convolution's channels, the channel of RGB that it takes.</param>
internal sealed record NetworkInput(int ImageSize, IReadOnlyList<float> Mean, IReadOnlyList<float> Deviation, int[] Place)
{
    private const int ChannelCount = 3;
    private static readonly int[] Rgb = [0, 1, 2];
    private static readonly int[] Bgr = [2, 1, 0];

    /// <summary>The input that a descriptor tells.</summary>
    public static NetworkInput Of(BackboneDescriptor descriptor, int imageSize) => new(
        imageSize, descriptor.Mean, descriptor.StandardDeviation, descriptor.ChannelOrder == ChannelOrder.Bgr ? Bgr : Rgb);

    /// <summary>The input of a network that takes pixels, 0..255 in RGB, as they are.</summary>
    public static NetworkInput OfPixels(int imageSize) => new(imageSize, [0, 0, 0], [1 / 255f, 1 / 255f, 1 / 255f], Rgb);

    /// <summary>
    /// The same with what the graph itself does before its first convolution: s ((p - mean) / deviation) + b is
    /// (p - (mean - b deviation / s)) / (deviation / s).
    /// </summary>
    public NetworkInput Behind(OnnxImageScaling scaling)
    {
        (float[] mean, float[] deviation) = ([.. Mean], [.. Deviation]);
        int[] place = [.. scaling.Place.Select(channel => Place[channel])];
        for (int channel = 0; channel < ChannelCount; channel++)
        {
            int colour = place[channel];
            mean[colour] = (float)(Mean[colour] - (scaling.Shift[channel] * Deviation[colour] / scaling.Scale[channel]));
            deviation[colour] = (float)(Deviation[colour] / scaling.Scale[channel]);
        }

        return this with { Mean = mean, Deviation = deviation, Place = place };
    }

    /// <summary>Puts the input channels of the first kernel, [M, 3, k, k], into the order of RGB.</summary>
    public void Reorder(Span<float> kernel)
    {
        if (Place.AsSpan().SequenceEqual(Rgb)) return;
        int length = ResNetArchitecture.Stem.KernelSize * ResNetArchitecture.Stem.KernelSize;
        float[] original = kernel.ToArray();
        for (int plane = 0; plane < original.Length / length; plane++)
        {
            int target = (plane / ChannelCount * ChannelCount) + Place[plane % ChannelCount];
            original.AsSpan(plane * length, length).CopyTo(kernel[(target * length)..]);
        }
    }
}

/// <summary>Tells from the names of the tensors which ResNet a file holds.</summary>
internal static partial class ResNetRecognition
{
    // In every ResNet of torchvision's naming, and in no other network of it.
    private const string Landmark = "layer1.0.conv1.weight";
    private const int MaxListed = 5;

    // Where trainers keep the moving average of the weights, which is what they evaluate and publish.
    private static readonly string[] AverageNames = ["model_ema", "state_dict_ema", "ema_state_dict"];

    private static string KnownNames => string.Join(", ", ResNetArchitecture.All.Select(known => known.Name));

    /// <summary>
    /// The tensors under torchvision's plain keys. Checkpoints often have them under a prefix ("state_dict.", "module.", "model."); what
    /// lies beside the prefix (an optimizer's state, say) is passed over. Of a network and its moving average the average is taken.
    /// Names of
    /// Hugging Face's transformers and of fastai are understood.
    /// </summary>
    /// <exception cref="BackboneException">There is no ResNet in the file, or several under different prefixes.</exception>
    public static WeightSet Unwrap(WeightSet weights)
    {
        weights = ForeignNames.ToTorchvision(weights);
        string[] prefixes =
        [
            .. from name in weights.Tensors.Keys
               where name == Landmark || name.EndsWith($".{Landmark}", StringComparison.Ordinal)
               orderby name.Length, name
               select name[..^Landmark.Length],
        ];
        return prefixes switch
        {
            ["", ..] => weights,
            [var prefix] => weights.Under(prefix),
            [var first, var second] when IsAverage(first) != IsAverage(second) => weights.Under(IsAverage(first) ? first : second),
            [] when ForeignNames.NameOther(weights) is { } other =>
                throw weights.File.Fault($"it is {other}, which is not read; known are {KnownNames}"),
            [] => throw weights.File.Fault($"it has no tensor '{Landmark}', so it holds no ResNet; known are {KnownNames}"),
            _ => throw weights.File.Fault($"it holds several networks, under {Quote(prefixes)}; save one of them alone"),
        };
    }

    /// <summary>The architecture that a set of plain keys belongs to.</summary>
    /// <param name="weights">Tensors under plain keys.</param>
    /// <param name="name">Its name, where it is known already; null to tell by the tensors.</param>
    /// <exception cref="BackboneException">The name is none, a stage has no block, or it is a variant that is not built here.</exception>
    public static ResNetArchitecture Recognize(WeightSet weights, string? name)
    {
        if (ForeignNames.NameVariant(weights) is { } variant)
            throw weights.File.Fault($"it is {variant}, which is not built here; known are {KnownNames}");
        if (name is not null)
        {
            return ResNetArchitecture.Find(name)
                ?? throw weights.File.Fault($"'{name}' is no architecture known here; known are {KnownNames}, and others as resnet-basic-2-2-2-3");
        }

        BlockKind kind = weights.Tensors.Keys.Any(BottleneckKey().IsMatch) ? BlockKind.Bottleneck : BlockKind.Basic;
        int[] counts = CountBlocks(weights);
        return counts.All(count => count > 0)
            ? ResNetArchitecture.Of(kind, [.. counts])
            : throw weights.File.Fault($"it has {string.Join("-", counts)} residual blocks in its four stages, where each needs one or more");
    }

    // The highest number counts, so that a missing block is reported tensor by tensor later on.
    private static int[] CountBlocks(WeightSet weights)
    {
        int[] counts = new int[ResNetArchitecture.StageCount];
        foreach (string key in weights.Tensors.Keys)
        {
            Match match = BlockKey().Match(key);
            if (!match.Success)
                continue;
            int stage = match.Groups[1].ValueSpan[0] - '1';
            int index = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
            counts[stage] = Math.Max(counts[stage], index + 1);
        }

        return counts;
    }

    private static bool IsAverage(string prefix) => prefix.Split('.').Any(AverageNames.Contains);

    private static string Quote(string[] prefixes) => string.Join(", ", prefixes.Take(MaxListed).Select(prefix => $"'{prefix}'"));

    [GeneratedRegex(@"^layer1\.[0-9]{1,3}\.conv3\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex BottleneckKey();

    [GeneratedRegex(@"^layer([1-4])\.([0-9]{1,3})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
