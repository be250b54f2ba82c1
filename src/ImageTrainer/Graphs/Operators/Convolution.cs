namespace ImageTrainer.Graphs.Operators;

/// <summary>Convolution.</summary>
internal static class Convolution
{
    /// <summary>Cross-correlates x [N, C, H, W] with kernel [M, C, k, k] and adds bias [M]; zero padding. Gives [N, M, H', W'].</summary>
    public static GraphTensor Conv(
        this GraphBuilder graph, string name, GraphTensor x, (GraphTensor Kernel, GraphTensor Bias) weights, (int Stride, int Padding) step)
    {
        TensorShape kernel = weights.Kernel.Shape;
        if (kernel.Rank != 4 || kernel[2] != kernel[3] || kernel.ElementCount is null)
            throw new GraphException(name, "Conv", $"the kernel '{weights.Kernel.Name}' is {kernel} where [M, C, k, k] is needed");
        if (!weights.Bias.Shape.Equals(new TensorShape(kernel[0])))
            throw new GraphException(name, "Conv", $"the bias '{weights.Bias.Name}' is {weights.Bias.Shape} where [{kernel[0]}] is needed");
        var window = new SlidingWindow((int)kernel[2].Size, step.Stride, step.Padding);
        TensorShape shape = window.OutputShape("Conv", name, x, kernel[0]);
        if (x.Shape[1] != kernel[1])
            throw new GraphException(name, "Conv", $"'{x.Name}' {x.Shape} has {x.Shape[1]} channels, the kernel {kernel} takes {kernel[1]}");
        return graph.Emit("Conv", name, [x, weights.Kernel, weights.Bias], shape, window.Attributes);
    }
}
