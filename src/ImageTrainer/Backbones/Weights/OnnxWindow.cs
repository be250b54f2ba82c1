using System.Text;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

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
