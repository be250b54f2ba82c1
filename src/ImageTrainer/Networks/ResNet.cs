using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Networks;

/// <summary>Writes networks of the ResNet family into a graph.</summary>
internal static class ResNet
{
    /// <summary>Ending of the names of biases that are 0 and stay so.</summary>
    public const string NoBias = "zero";

    /// <summary>Name of the kernel of a layer.</summary>
    public static string KernelName(ConvolutionLayer layer) => $"{layer.Name}.weight";

    /// <summary>Adds a ResNet without its head.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="architecture">Which ResNet.</param>
    /// <param name="image">Normalised pixels, [N, 3, H, W], H and W at least 32.</param>
    /// <param name="weights">Gives the weights of each convolution, BatchNorm folded in; asked once a layer, the stem first.</param>
    /// <returns><see cref="TensorNames.Features"/>, [N, D].</returns>
    public static GraphTensor AddResNet(
        this GraphBuilder graph, ResNetArchitecture architecture, GraphTensor image, Func<ConvolutionLayer, FoldedConvolution> weights) =>
        AddResNet(graph, architecture, image, (layer, x) => Convolution(graph, layer, x, weights(layer)));

    /// <summary>Adds a ResNet without its head, its convolutions written by the caller.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="architecture">Which ResNet.</param>
    /// <param name="image">Normalised pixels, [N, 3, H, W], H and W at least 32.</param>
    /// <param name="convolve">Adds a convolution and its BatchNorm, in one node or two.</param>
    /// <returns><see cref="TensorNames.Features"/>, [N, D].</returns>
    public static GraphTensor AddResNet(
        this GraphBuilder graph, ResNetArchitecture architecture, GraphTensor image, Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        GraphTensor x = graph.Relu("stem.relu", convolve(ResNetArchitecture.Stem, image));
        x = graph.MaxPool("stem.pool", x, new SlidingWindow(Size: 3, Stride: 2, Padding: 1));
        return graph.AddStages(architecture.Blocks, x, convolve);
    }

    /// <summary>Adds residual blocks and the mean over space.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="blocks">The blocks in order.</param>
    /// <param name="x">What the first one takes, [N, C, H, W].</param>
    /// <param name="convolve">Adds a convolution and its BatchNorm, in one node or two.</param>
    /// <returns><see cref="TensorNames.Features"/>, [N, D].</returns>
    public static GraphTensor AddStages(
        this GraphBuilder graph, IEnumerable<ResidualBlock> blocks, GraphTensor x, Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        foreach (ResidualBlock block in blocks)
            x = graph.AddResidual(block, x, convolve);
        return graph.Flatten(TensorNames.Features, graph.GlobalAveragePool("pool", x));
    }

    /// <summary>Adds one block: y = relu(F(x) + shortcut(x)).</summary>
    public static GraphTensor AddResidual(
        this GraphBuilder graph, ResidualBlock block, GraphTensor x, Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        GraphTensor residual = x;
        foreach (ConvolutionLayer layer in block.Residual)
        {
            residual = convolve(layer, residual);
            if (layer != block.Residual[^1])
                residual = graph.Relu($"{layer.Name}.relu", residual);
        }

        GraphTensor shortcut = block.Shortcut is { } projection ? convolve(projection, x) : x;
        return graph.Relu($"{block.Name}.relu", graph.Add($"{block.Name}.sum", residual, shortcut));
    }

    /// <summary>Adds a convolution that has taken its BatchNorm in.</summary>
    public static GraphTensor Convolution(this GraphBuilder graph, ConvolutionLayer layer, GraphTensor x, FoldedConvolution weights)
    {
        var shape = new TensorShape([.. layer.KernelShape.Select(size => (Dimension)size)]);
        GraphTensor kernel = graph.Constant(KernelName(layer), shape, weights.Kernel);
        GraphTensor bias = graph.Constant($"{layer.Name}.bias", new TensorShape(layer.Channels.Output), weights.Bias);
        return graph.Conv(layer.Name, x, (kernel, bias), (layer.Stride, layer.KernelSize / 2));
    }

    /// <summary>Adds a convolution and its BatchNorm as two nodes, for training them apart.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="kernel">[M, C, k, k], row-major.</param>
    /// <param name="norm">Scale, shift and running averages, each [M].</param>
    public static GraphTensor Convolution(
        this GraphBuilder graph, ConvolutionLayer layer, GraphTensor x, float[] kernel, BatchNormalization norm)
    {
        var channels = new TensorShape(layer.Channels.Output);
        // Part of the name says that it stays: BatchNorm's shift does what a bias would.
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(kernel.AsSpan()).ToArray();
        var shape = new TensorShape([.. layer.KernelShape.Select(size => (Dimension)size)]);
        GraphTensor noBias = graph.Constant($"{layer.Name}.{NoBias}", channels, new float[layer.Channels.Output].AsSpan());
        GraphTensor y = graph.Conv(layer.Name, x, (graph.Constant($"{layer.Name}.weight", shape, bytes), noBias), (layer.Stride, layer.KernelSize / 2));
        GraphTensor Four(string name, float[] values) => graph.Constant($"{layer.Name}.norm.{name}", channels, values.AsSpan());
        return graph.BatchNormalization(
            $"{layer.Name}.norm",
            y,
            (Four("gamma", norm.Gamma), Four("beta", norm.Beta), Four("mean", norm.Mean), Four("variance", norm.Variance)),
            (float)BatchNormalization.StandardEpsilon);
    }
}
