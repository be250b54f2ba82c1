using System.Numerics.Tensors;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// What a foreign graph does to an image before its first convolution: channels in another order, means taken off, factors. Channel c of the
/// convolution's input is <c>Scale[c] * image[Place[c]] + Shift[c]</c>. A mean image counts by the mean of each of its channels.
/// </summary>
internal sealed class OnnxImageScaling
{
    private const int ChannelCount = 3;

    // A factor that differs from pixel to pixel cannot be told by one number a channel.
    private const float FactorTolerance = 1e-6f;

    private readonly OnnxGraphView _graph;

    private OnnxImageScaling(OnnxGraphView graph) => _graph = graph;

    /// <summary>Channel of the image that each channel is made of.</summary>
    public int[] Place { get; private set; } = [0, 1, 2];

    /// <summary>Factor of each channel.</summary>
    public double[] Scale { get; } = [1, 1, 1];

    /// <summary>Added to each channel after that.</summary>
    public double[] Shift { get; } = [0, 0, 0];

    /// <summary>Name of the graph's input.</summary>
    public string Input { get; private set; } = "";

    /// <summary>Follows a tensor back to an input of the graph; null where something else is done on the way.</summary>
    public static OnnxImageScaling? Behind(OnnxGraphView graph, string tensor)
    {
        var scaling = new OnnxImageScaling(graph);
        for (int step = 0; step <= graph.Graph.Node.Count; step++)
        {
            tensor = graph.Source(tensor);
            if (graph.Producer(tensor) is not { } node)
            {
                scaling.Input = tensor;
                return graph.Graph.Input.Any(input => input.Name == tensor) && scaling.IsUsable ? scaling : null;
            }

            if (scaling.TakeIn(node) is not { } before) return null;
            tensor = before;
        }

        return null;
    }

    private bool IsUsable =>
        Scale.All(factor => double.IsFinite(factor) && factor > 0) && Shift.All(double.IsFinite) && Place.Order().SequenceEqual([0, 1, 2]);

    // The tensor before a node whose work has been taken in, or null where that cannot be.
    private string? TakeIn(NodeProto node)
    {
        if (node.Domain is not ("" or "ai.onnx") || node.Input.Count == 0) return null;
        return node.OpType switch
        {
            "Sub" or "Add" or "Mul" or "Div" => TakeInArithmetic(node),
            "Gather" or "Slice" or "Concat" => OnnxChannelOrder.Of(_graph, node) is var (before, order) ? TakeInOrder(before, order) : null,
            _ => null,
        };
    }

    private string? TakeInArithmetic(NodeProto node)
    {
        if (node.Input is not [var image, var constant]) return null;
        bool isCommutative = node.OpType is "Add" or "Mul";
        if (isCommutative && _graph.FloatShape(image) is not null) (image, constant) = (constant, image);
        bool isSum = node.OpType is "Sub" or "Add";
        if (PerChannel(constant, isSum) is not { } values) return null;
        for (int channel = 0; channel < ChannelCount; channel++)
        {
            double value = values[Place[channel]];
            if (isSum) Shift[channel] += Scale[channel] * (node.OpType == "Sub" ? -value : value);
            else Scale[channel] *= node.OpType == "Div" ? 1 / value : value;
        }

        return image;
    }

    private string TakeInOrder(string before, int[] order)
    {
        Place = [.. Place.Select(place => order[place])];
        return before;
    }

    // Three numbers of a constant that broadcasts to [N, 3, H, W].
    private double[]? PerChannel(string constant, bool isMeanImage)
    {
        if (_graph.Floats(constant) is not { Length: > 0 } values || _graph.FloatShape(constant) is not { } shape) return null;
        if (values.Length == 1) return [values[0], values[0], values[0]];
        if (shape.Count is < 3 or > 4 || shape[^3] != ChannelCount || (shape.Count == 4 && shape[0] != 1)) return null;
        int length = values.Length / ChannelCount;
        double[] means = [.. Enumerable.Range(0, ChannelCount).Select(channel => Mean(values.AsSpan(channel * length, length)))];
        return isMeanImage || values.Index().All(value => Math.Abs(value.Item - means[value.Index / length]) <= FactorTolerance * Math.Abs(value.Item))
            ? means
            : null;
    }

    private static double Mean(ReadOnlySpan<float> values) => values.Length == 1 ? values[0] : (double)TensorPrimitives.Sum(values) / values.Length;
}

/// <summary>A node that puts the three channels of an image into another order.</summary>
internal static class OnnxChannelOrder
{
    private const int ChannelAxis = 1;

    /// <summary>The tensor it takes, and the channel of that for each of its own; null where it does something else.</summary>
    public static (string Before, int[] Order)? Of(OnnxGraphView graph, NodeProto node)
    {
        int[]? order = node.OpType switch
        {
            "Gather" when node.Input.Count == 2 && OnnxGraphView.Integer(node, "axis", 0) is ChannelAxis or ChannelAxis - 4 => Gathered(graph.Numbers(node.Input[1])),
            "Slice" => IsFlip(graph, node) ? [2, 1, 0] : null,
            _ => null,
        };
        if (order is not null) return (node.Input[0], order);
        return node.OpType == "Concat" && OnnxGraphView.Integer(node, "axis", 0) is ChannelAxis or ChannelAxis - 4 ? Joined(graph, node) : null;
    }

    private static int[]? Gathered(long[]? indices) =>
        indices is { Length: 3 } && indices.All(index => index is >= -3 and < 3) ? [.. indices.Select(index => (int)(index < 0 ? index + 3 : index))] : null;

    // image[:, ::-1]
    private static bool IsFlip(OnnxGraphView graph, NodeProto node)
    {
        long[]?[] operands = [.. node.Input.Skip(1).Select(graph.Numbers)];
        return operands is [[-1 or 2], [< -3], [ChannelAxis or ChannelAxis - 4], [-1]];
    }

    // Channels cut apart by one Split and put together again.
    private static (string Before, int[] Order)? Joined(OnnxGraphView graph, NodeProto node)
    {
        NodeProto?[] splits = [.. node.Input.Select(graph.Producer)];
        if (splits is not [{ Output.Count: 3 } split, _, _] || splits.Any(other => other != split) || !OnnxGraphView.Is(split, "Split")) return null;
        bool isChannels = OnnxGraphView.Integer(split, "axis", 0) is ChannelAxis or ChannelAxis - 4;
        return isChannels && split.Input.Count > 0
            ? (split.Input[0], [.. node.Input.Select(part => split.Output.IndexOf(graph.Source(part)))])
            : null;
    }
}

/// <summary>The image input of an ONNX network.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Size">H and W it is to be given, in pixels.</param>
internal sealed record OnnxImageInput(string Name, (int Height, int Width) Size)
{
    private const int ChannelCount = 3;

    /// <summary>Checks that the one input takes float [N, 3, H, W], and settles H and W: those it is fixed to, else those asked for.</summary>
    /// <param name="file">The file.</param>
    /// <param name="inputs">What the network has to be given.</param>
    /// <param name="wanted">Side asked for by the caller, or null.</param>
    /// <param name="standard">Side to take where nobody asks.</param>
    /// <exception cref="BackboneException">
    /// There is not one input, it is not of that kind, or it is fixed to another size than asked for.
    /// </exception>
    public static OnnxImageInput Find(WeightFile file, IReadOnlyList<ValueInfoProto> inputs, int? wanted, int standard)
    {
        if (inputs is not [var input])
            throw file.Fault($"its features depend on {inputs.Count} inputs where one image is needed");
        if (input.Type?.TensorType is not { ElemType: (int)ElementType.Float, Shape.Dim: [_, var channels, var height, var width] })
            throw file.Fault($"its input '{input.Name}' is not of 32-bit floats in four axes [N, 3, H, W]");
        if (FixedSize(channels) is not (null or ChannelCount))
            throw file.Fault($"its input '{input.Name}' has {FixedSize(channels)} channels on its second axis where [N, 3, H, W] is needed");
        return new OnnxImageInput(input.Name, (Settle(file, height, wanted, standard), Settle(file, width, wanted, standard)));
    }

    /// <summary>H and W that the graph's one image is fixed to, 0 where they are free or there is no such input.</summary>
    public static (long Height, long Width) FixedSizeOf(GraphProto graph)
    {
        var constants = graph.Initializer.Select(initializer => initializer.Name).ToHashSet(StringComparer.Ordinal);
        ValueInfoProto[] inputs = [.. graph.Input.Where(input => !constants.Contains(input.Name))];
        return inputs is [{ Type.TensorType.Shape.Dim: [_, _, var height, var width] }] ? (FixedSize(height) ?? 0, FixedSize(width) ?? 0) : (0, 0);
    }

    private static int Settle(WeightFile file, TensorShapeProto.Types.Dimension dimension, int? wanted, int standard)
    {
        if (FixedSize(dimension) is not { } size)
            return wanted ?? standard;
        if (size > Backbone.MaxImageSize)
            throw file.Fault($"it takes images of {size} pixels; {Backbone.MaxImageSize} is the limit");
        return wanted is null || wanted == size
            ? (int)size
            : throw file.Fault($"it takes images of {size} pixels only, not of {wanted}");
    }

    // Exporters write 0 or -1 for "any".
    private static long? FixedSize(TensorShapeProto.Types.Dimension dimension) => dimension.DimValue > 0 ? dimension.DimValue : null;
}
