using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Networks;

/// <summary>The network's input.</summary>
internal static class Normalization
{
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
        GraphTensor offset = PerChannel(graph, "normalize.mean", mean.Select(value => 255f * value));
        GraphTensor factor = PerChannel(graph, "normalize.factor", deviation.Select(value => (float)(1 / (255.0 * value))));
        return graph.Mul(name, graph.Sub("normalize.centered", pixels, offset), factor);
    }

    /// <summary>Turns RGB into BGR and back.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="image">float [N, 3, H, W].</param>
    public static GraphTensor ReverseChannels(this GraphBuilder graph, string name, GraphTensor image)
    {
        GraphTensor order = graph.IntegerConstant("normalize.order", new TensorShape(3), [2, 1, 0]);
        var reversed = image with { Name = name };
        var node = new GraphNode { Name = name, Operator = "Gather", Inputs = [image.Name, order.Name], Outputs = [name], Attributes = [GraphAttribute.Int("axis", 1)] };
        graph.Add(node, reversed);
        return reversed;
    }

    private static GraphTensor PerChannel(GraphBuilder graph, string name, IEnumerable<float> values) =>
        graph.Constant(name, new TensorShape(1, 3, 1, 1), values.ToArray().AsSpan());
}
