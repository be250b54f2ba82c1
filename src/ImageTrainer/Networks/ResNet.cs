using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Networks;

/// <summary>Writes networks of the ResNet family into a graph.</summary>
internal static class ResNet
{
    /// <summary>Adds a ResNet without its head.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="architecture">Which ResNet.</param>
    /// <param name="image">Normalised pixels, [N, 3, H, W], H and W at least 32.</param>
    /// <param name="weights">Gives the weights of each convolution, BatchNorm folded in; asked once a layer, the stem first.</param>
    /// <returns><see cref="TensorNames.Features"/>, [N, D].</returns>
    public static GraphTensor AddResNet(
        this GraphBuilder graph, ResNetArchitecture architecture, GraphTensor image, Func<ConvolutionLayer, FoldedConvolution> weights)
    {
        GraphTensor Convolve(ConvolutionLayer layer, GraphTensor x) => Convolution(graph, layer, x, weights(layer));

        GraphTensor x = graph.Relu("stem.relu", Convolve(ResNetArchitecture.Stem, image));
        x = graph.MaxPool("stem.pool", x, new SlidingWindow(Size: 3, Stride: 2, Padding: 1));
        foreach (ResidualBlock block in architecture.Blocks)
            x = Residual(graph, block, x, Convolve);
        return graph.Flatten(TensorNames.Features, graph.GlobalAveragePool("pool", x));
    }

    // y = relu(F(x) + shortcut(x))
    private static GraphTensor Residual(
        GraphBuilder graph, ResidualBlock block, GraphTensor x, Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
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

    private static GraphTensor Convolution(GraphBuilder graph, ConvolutionLayer layer, GraphTensor x, FoldedConvolution weights)
    {
        var shape = new TensorShape([.. layer.KernelShape.Select(size => (Dimension)size)]);
        GraphTensor kernel = graph.Constant($"{layer.Name}.weight", shape, weights.Kernel);
        GraphTensor bias = graph.Constant($"{layer.Name}.bias", new TensorShape(layer.Channels.Output), weights.Bias);
        return graph.Conv(layer.Name, x, (kernel, bias), (layer.Stride, layer.KernelSize / 2));
    }
}
