using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>A convolution of a foreign graph and the BatchNorm after it.</summary>
/// <param name="Node">The Conv node.</param>
/// <param name="Norm">The BatchNormalization node, or null where the exporter has folded it into the convolution.</param>
internal sealed record OnnxConvolution(NodeProto Node, NodeProto? Norm)
{
    private const int NormInputCount = 5;
    private const float UsualEpsilon = 1e-5f;

    /// <summary>The convolution that makes a tensor, or null where something else does.</summary>
    public static OnnxConvolution? Behind(OnnxGraphView graph, string tensor)
    {
        NodeProto? norm = graph.Producer(tensor, "BatchNormalization");
        NodeProto? node = graph.Producer(norm?.Input[0] ?? tensor, "Conv");
        return node is null ? null : new OnnxConvolution(node, norm);
    }

    /// <summary>Whether this can be a layer of a ResNet: the same kernel, stride and padding, and constants where they have to be.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="isEven">Whether every side that a window of stride 2 meets is even, or up to us.</param>
    public bool Fits(OnnxGraphView graph, ConvolutionLayer layer, bool isEven)
    {
        long[] channels = [layer.Channels.Output];
        return Node.Input.Count is 2 or 3
            && HasShape(graph, Node.Input[1], layer.KernelShape)
            && (!HasBias || HasShape(graph, Node.Input[2], channels))
            && OnnxGraphView.Integer(Node, "group", 1) == 1
            && new OnnxWindow(layer.KernelSize, layer.Stride).Fits(Node, isEven)
            && (Norm is null || (IsInferenceNorm(Norm) && Norm.Input.Skip(1).All(input => HasShape(graph, input, channels))));
    }

    /// <summary>Reads the weights of a layer that this fits.</summary>
    /// <exception cref="BackboneException">They are damaged, or hold numbers that are not finite.</exception>
    public UnfoldedConvolution Read(WeightFile file, OnnxGraphView graph)
    {
        byte[] kernel = MemoryMarshal.AsBytes(ReadFloats(file, graph, Node.Input[1]).AsSpan()).ToArray();
        float[]? bias = HasBias ? ReadFloats(file, graph, Node.Input[2]) : null;
        return new UnfoldedConvolution(kernel, Norm is null ? Folded(graph, bias) : ReadNorm(file, graph, Norm, bias));
    }

    private bool HasBias => Node.Input is [_, _, { Length: > 0 }];

    // Earlier operator sets could normalise each pixel for itself; later ones can go on averaging.
    private static bool IsInferenceNorm(NodeProto norm) =>
        norm.Input.Count == NormInputCount
        && OnnxGraphView.Integer(norm, "spatial", 1) != 0
        && OnnxGraphView.Integer(norm, "training_mode", 0) == 0
        && norm.Output.Skip(1).All(output => output.Length == 0);

    private static bool HasShape(OnnxGraphView graph, string tensor, long[] shape) =>
        graph.FloatShape(tensor) is { } found && found.SequenceEqual(shape);

    // Scale 1 to the last bit: variance 1 and nothing added.
    private BatchNormalization Folded(OnnxGraphView graph, float[]? bias)
    {
        int count = (int)graph.FloatShape(Node.Input[1])![0];
        float[] ones = new float[count];
        Array.Fill(ones, 1f);
        return new BatchNormalization(ones, bias ?? new float[count], new float[count], ones) { Epsilon = 0 };
    }

    private static BatchNormalization ReadNorm(WeightFile file, OnnxGraphView graph, NodeProto norm, float[]? bias)
    {
        float[][] parts = [.. norm.Input.Skip(1).Select(input => ReadFloats(file, graph, input))];
        float epsilon = OnnxGraphView.Attribute(norm, "epsilon")?.F ?? UsualEpsilon;
        if (parts[3].Any(variance => variance < 0 || variance + (double)epsilon <= 0))
            throw file.Fault($"the tensor '{norm.Input[4]}' holds negative variances");
        // A bias before the normalisation is a mean that is smaller by as much.
        if (bias is not null) TensorPrimitives.Subtract(parts[2], bias, parts[2]);
        return new BatchNormalization(parts[0], parts[1], parts[2], parts[3])
        {
            Epsilon = epsilon == UsualEpsilon ? BatchNormalization.StandardEpsilon : epsilon,
        };
    }

    private static float[] ReadFloats(WeightFile file, OnnxGraphView graph, string tensor)
    {
        float[] values = graph.Floats(tensor) ?? throw file.Fault($"the tensor '{tensor}' does not have as many numbers as its shape says");
        return float.IsFinite(TensorPrimitives.MaxMagnitude<float>(values))
            ? values
            : throw file.Fault($"the tensor '{tensor}' holds numbers that are infinite or no numbers at all");
    }
}

/// <summary>The square window of a foreign convolution or pooling, held against the one that a ResNet has there.</summary>
/// <param name="Size">Side in pixels, odd.</param>
/// <param name="Stride">Step in pixels, 1 or 2.</param>
internal readonly record struct OnnxWindow(int Size, int Stride)
{
    /// <summary>
    /// Whether a node's window takes the same pixels as one with <see cref="Size"/> / 2 of padding on each side. With stride 2 over an even
    /// side the last window ends one pixel before the padding does, so that files of CNTK leave that pixel out: [1, 1, 0, 0] for [1, 1, 1, 1].
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="isEven">Whether every side that a window of stride 2 meets is even, or up to us.</param>
    public bool Fits(NodeProto node, bool isEven)
    {
        IReadOnlyList<long> sizes = OnnxGraphView.Integers(node, "kernel_shape");
        return (sizes.Count == 0 || sizes is [var height, var width] && height == Size && width == Size)
            && Are(OnnxGraphView.Integers(node, "strides"), Stride, standard: 1)
            && Are(OnnxGraphView.Integers(node, "dilations"), 1, standard: 1)
            && OnnxGraphView.Integer(node, "ceil_mode", 0) == 0
            && IsPaddedAlike(node, isEven);
    }

    private static bool Are(IReadOnlyList<long> values, long wanted, long standard) =>
        values.Count == 0 ? wanted == standard : values is [var first, var second] && first == wanted && second == wanted;

    private bool IsPaddedAlike(NodeProto node, bool isEven)
    {
        int half = Size / 2;
        byte[] mode = OnnxGraphView.Attribute(node, "auto_pad")?.S?.ToByteArray() ?? [];
        return Encoding.ASCII.GetString(mode) switch
        {
            // As much as it takes, and what is odd of it goes before the picture.
            "SAME_LOWER" => true,
            "SAME_UPPER" => Stride == 1 || half == 0,
            "VALID" => half == 0,
            "" or "NOTSET" => OnnxGraphView.Integers(node, "pads") switch
            {
                [] => half == 0,
                [var top, var left, var bottom, var right] => top == half && left == half && bottom == right
                    && (bottom == half || (bottom == half - 1 && Stride == 2 && isEven)),
                _ => false,
            },
            _ => false,
        };
    }
}
