using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

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
}

/// <summary>The operators over images, [N, C, H, W].</summary>
internal static class WindowOperators
{
    /// <summary>Cross-correlates x [N, C, H, W] with kernel [M, C, k, k] and adds bias [M]; zero padding. Gives [N, M, H', W'].</summary>
    public static GraphTensor Conv(
        this NodeScope scope, GraphTensor x, (GraphTensor Kernel, GraphTensor Bias) weights, (int Stride, int Padding) step)
    {
        TensorShape kernel = weights.Kernel.Shape;
        if (kernel.Rank != 4 || kernel[2] != kernel[3] || kernel.ElementCount is null)
            throw new GraphException(scope.Name, "Conv", $"the kernel '{weights.Kernel.Name}' is {kernel} where [M, C, k, k] is needed");
        GraphTensor bias = weights.Bias;
        if (!bias.Shape.Equals(new TensorShape(kernel[0])))
            throw new GraphException(scope.Name, "Conv", $"the bias '{bias.Name}' is {bias.Shape} where [{kernel[0]}] is needed");
        var window = new SlidingWindow((int)kernel[2].Size, step.Stride, step.Padding);
        TensorShape shape = Slide(scope, "Conv", x, window, kernel[0]);
        if (x.Shape[1] != kernel[1])
        {
            throw new GraphException(
                scope.Name, "Conv", $"'{x.Name}' {x.Shape} has {x.Shape[1]} channels, the kernel {kernel} takes {kernel[1]}");
        }

        return scope.Emit("Conv", [x, weights.Kernel, bias], shape, window.Attributes);
    }

    /// <summary>Largest value under the window; padding never wins. [N, C, H, W] gives [N, C, H', W'].</summary>
    public static GraphTensor MaxPool(this NodeScope scope, GraphTensor x, SlidingWindow window) =>
        scope.Emit("MaxPool", [x], Slide(scope, "MaxPool", x, window), window.Attributes);

    /// <summary>Mean over H and W. [N, C, H, W] gives [N, C, 1, 1].</summary>
    public static GraphTensor GlobalAveragePool(this NodeScope scope, GraphTensor x)
    {
        CheckIsImages(scope, "GlobalAveragePool", x);
        return scope.Emit("GlobalAveragePool", [x], new TensorShape(x.Shape[0], x.Shape[1], 1, 1));
    }

    /// <summary>y = gamma (x - mean) / sqrt(variance + epsilon) + beta per channel of x [N, C, H, W].</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="parameters">Four tensors [C].</param>
    /// <param name="epsilon">Keeps the root from 0.</param>
    public static GraphTensor BatchNormalization(
        this NodeScope scope,
        GraphTensor x,
        (GraphTensor Gamma, GraphTensor Beta, GraphTensor Mean, GraphTensor Variance) parameters,
        float epsilon)
    {
        var channels = new TensorShape(x.Shape[1]);
        GraphTensor[] four = [parameters.Gamma, parameters.Beta, parameters.Mean, parameters.Variance];
        if (four.FirstOrDefault(parameter => !parameter.Shape.Equals(channels)) is { } wrong)
            throw new GraphException(scope.Name, "BatchNormalization", $"'{wrong.Name}' is {wrong.Shape} where {channels} is needed");
        return scope.Emit("BatchNormalization", [x, .. four], x.Shape, GraphAttribute.Float("epsilon", epsilon));
    }

    /// <summary>
    /// Shape of what a window gives: floor((size + 2 padding - window) / stride) + 1 on both axes ("A guide to convolution arithmetic for
    /// deep learning", Dumoulin and Visin, 2016, relationship 6).
    /// </summary>
    private static TensorShape Slide(NodeScope scope, string operatorName, GraphTensor x, SlidingWindow window, Dimension? channels = null)
    {
        CheckIsImages(scope, operatorName, x);
        return new TensorShape(x.Shape[0], channels ?? x.Shape[1], SizeOf(2), SizeOf(3));

        Dimension SizeOf(int axis)
        {
            if (x.Shape[axis].Symbol is not null) return $"{scope.Name}.{(axis == 2 ? 'H' : 'W')}";
            long room = x.Shape[axis].Size + (2 * window.Padding) - window.Size;
            return room >= 0 ? (room / window.Stride) + 1 : throw new GraphException(
                scope.Name, operatorName, $"a window of {window.Size} does not fit into '{x.Name}', {x.Shape} padded by {window.Padding}");
        }
    }

    private static void CheckIsImages(NodeScope scope, string operatorName, GraphTensor x)
    {
        if (x.Shape.Rank != 4) throw new GraphException(scope.Name, operatorName, $"'{x.Name}' is {x.Shape} where [N, C, H, W] is needed");
    }
}
