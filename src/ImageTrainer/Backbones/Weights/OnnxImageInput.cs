using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

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
