using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs.Operators;

/// <summary>A square window moved over the two last axes of [N, C, H, W].</summary>
/// <param name="Size">Side of the window in pixels.</param>
/// <param name="Stride">Step in pixels.</param>
/// <param name="Padding">Pixels added on each of the four sides.</param>
internal readonly record struct SlidingWindow(int Size, int Stride, int Padding)
{
    /// <summary>The window of a node that was made with <see cref="Attributes"/>.</summary>
    public static SlidingWindow Of(GraphNode node) => new(
        (int)node.Attribute("kernel_shape")!.Ints[0], (int)node.Attribute("strides")!.Ints[0], (int)node.Attribute("pads")!.Ints[0]);

    /// <summary>The window as ONNX attributes.</summary>
    public ImmutableArray<AttributeProto> Attributes =>
    [
        GraphAttribute.Ints("kernel_shape", Size, Size),
        GraphAttribute.Ints("strides", Stride, Stride),
        GraphAttribute.Ints("pads", Padding, Padding, Padding, Padding),
    ];

    /// <summary>Shape of the result for <paramref name="channels"/> channels: floor((size + 2 padding - window) / stride) + 1 on both axes.</summary>
    /// <exception cref="GraphException">The input is not of rank 4, or the window does not fit into it.</exception>
    public TensorShape OutputShape(string operatorName, string name, GraphTensor x, Dimension channels)
    {
        if (x.Shape.Rank != 4)
            throw new GraphException(name, operatorName, $"'{x.Name}' is {x.Shape} where [N, C, H, W] is needed");
        return new TensorShape(x.Shape[0], channels, Slide(operatorName, name, x, 2), Slide(operatorName, name, x, 3));
    }

    private Dimension Slide(string operatorName, string name, GraphTensor x, int axis)
    {
        if (x.Shape[axis].Symbol is not null)
            return $"{name}.{(axis == 2 ? 'H' : 'W')}";
        long room = x.Shape[axis].Size + (2 * Padding) - Size;
        return room < 0
            ? throw new GraphException(name, operatorName, $"a window of {Size} does not fit into '{x.Name}', {x.Shape} padded by {Padding}")
            : (room / Stride) + 1;
    }
}
