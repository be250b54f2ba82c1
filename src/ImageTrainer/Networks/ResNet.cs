using ImageTrainer.Graphs;

namespace ImageTrainer.Networks;

/// <summary>Names of the tensors by which the rest of the house knows a network.</summary>
internal static class TensorNames
{
    /// <summary>Input: float [N, 3, H, W], RGB, 0..255.</summary>
    public const string Pixels = "Pixels";

    /// <summary>Output of the backbone: float [N, D].</summary>
    public const string Features = "Features";

    /// <summary>Output of a pretrained head: float [N, K], no temperature, no softmax.</summary>
    public const string Logits = "Logits";

    /// <summary>Natural logarithms of the probabilities: float [N, K].</summary>
    public const string LogScore = "LogScore";

    /// <summary>Probabilities: float [N, K], each row adding up to 1.</summary>
    public const string Score = "Score";
}

/// <summary>A convolution that has taken its BatchNorm in.</summary>
/// <param name="Kernel">[M, C, k, k], row-major, little-endian floats.</param>
/// <param name="Bias">[M], floats.</param>
internal sealed record FoldedConvolution(ReadOnlyMemory<byte> Kernel, float[] Bias);

/// <summary>Writes networks of the ResNet family into a graph, from the pixels to the features.</summary>
internal static class ResNet
{
    /// <summary>Ending of the names of biases that are 0 and stay so.</summary>
    public const string NoBias = "zero";

    /// <summary>Name of the kernel of a layer.</summary>
    public static string KernelName(ConvolutionLayer layer) => $"{layer.Name}.weight";

    /// <summary>
    /// Adds <see cref="TensorNames.Pixels"/> and its normalisation (p / 255 - mean) / deviation, as (p - 255 mean) * (1 / (255 deviation)).
    /// The mean is not folded into the first convolution: that pads with zeros, the mean colour, and would then pad with another.
    /// </summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="imageSize">H and W in pixels.</param>
    /// <param name="mean">Per channel of RGB / 255.</param>
    /// <param name="deviation">Per channel of RGB / 255.</param>
    /// <returns>float [N, 3, H, W].</returns>
    public static GraphTensor AddNormalizedPixels(
        this GraphBuilder graph, string name, (int Height, int Width) imageSize, IReadOnlyList<float> mean, IReadOnlyList<float> deviation)
    {
        GraphTensor pixels = graph.Input(TensorNames.Pixels, new TensorShape("N", 3, imageSize.Height, imageSize.Width));
        GraphTensor offset = PerChannel("normalize.mean", mean.Select(value => 255f * value));
        GraphTensor factor = PerChannel("normalize.factor", deviation.Select(value => (float)(1 / (255.0 * value))));
        return graph.Node(name).Mul(graph.Node("normalize.centered").Sub(pixels, offset), factor);

        GraphTensor PerChannel(string constant, IEnumerable<float> values) =>
            graph.Constant(constant, new TensorShape(1, 3, 1, 1), values.ToArray().AsSpan());
    }

    /// <summary>Turns RGB into BGR and back.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="image">float [N, 3, H, W].</param>
    public static GraphTensor ReverseChannels(this GraphBuilder graph, string name, GraphTensor image) =>
        graph.Node(name).Gather(image, 1, graph.IntegerConstant("normalize.order", new TensorShape(3), [2, 1, 0]));

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
        this GraphBuilder graph,
        ResNetArchitecture architecture,
        GraphTensor image,
        Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        GraphTensor x = graph.Node("stem.relu").Relu(convolve(ResNetArchitecture.Stem, image));
        x = graph.Node("stem.pool").MaxPool(x, new SlidingWindow(Size: 3, Stride: 2, Padding: 1));
        return graph.AddStages(architecture.Blocks, x, convolve);
    }

    /// <summary>Adds residual blocks and the mean over space.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="blocks">The blocks in order.</param>
    /// <param name="x">What the first one takes, [N, C, H, W].</param>
    /// <param name="convolve">Adds a convolution and its BatchNorm, in one node or two.</param>
    /// <returns><see cref="TensorNames.Features"/>, [N, D].</returns>
    public static GraphTensor AddStages(
        this GraphBuilder graph,
        IEnumerable<ResidualBlock> blocks,
        GraphTensor x,
        Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        foreach (ResidualBlock block in blocks) x = graph.AddResidual(block, x, convolve);
        return graph.Node(TensorNames.Features).Flatten(graph.Node("pool").GlobalAveragePool(x));
    }

    /// <summary>Adds one block: y = relu(F(x) + shortcut(x)).</summary>
    public static GraphTensor AddResidual(
        this GraphBuilder graph, ResidualBlock block, GraphTensor x, Func<ConvolutionLayer, GraphTensor, GraphTensor> convolve)
    {
        GraphTensor residual = x;
        foreach (ConvolutionLayer layer in block.Residual)
        {
            residual = convolve(layer, residual);
            if (layer != block.Residual[^1]) residual = graph.Node($"{layer.Name}.relu").Relu(residual);
        }

        GraphTensor shortcut = block.Shortcut is { } projection ? convolve(projection, x) : x;
        return graph.Node($"{block.Name}.relu").Relu(graph.Node($"{block.Name}.sum").Add(residual, shortcut));
    }


    /// <summary>Adds a convolution that has taken its BatchNorm in.</summary>
    public static GraphTensor Convolution(this GraphBuilder graph, ConvolutionLayer layer, GraphTensor x, FoldedConvolution weights)
    {
        var shape = TensorShape.Of(layer.KernelShape);
        GraphTensor kernel = graph.Constant(KernelName(layer), shape, weights.Kernel);
        GraphTensor bias = graph.Constant($"{layer.Name}.bias", new TensorShape(layer.Channels.Output), weights.Bias);
        return graph.Node(layer.Name).Conv(x, (kernel, bias), (layer.Stride, layer.KernelSize / 2));
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
        GraphTensor noBias = graph.Constant($"{layer.Name}.{NoBias}", channels, new float[layer.Channels.Output].AsSpan());
        GraphTensor weights = graph.Constant(KernelName(layer), TensorShape.Of(layer.KernelShape), kernel.AsSpan());
        GraphTensor y = graph.Node(layer.Name).Conv(x, (weights, noBias), (layer.Stride, layer.KernelSize / 2));
        GraphTensor Part(string name, float[] values) => graph.Constant($"{layer.Name}.norm.{name}", channels, values.AsSpan());
        return graph.Node($"{layer.Name}.norm").BatchNormalization(
            y,
            (Part("gamma", norm.Gamma), Part("beta", norm.Beta), Part("mean", norm.Mean), Part("variance", norm.Variance)),
            (float)BatchNormalization.StandardEpsilon);
    }
}
