using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Networks;

/// <summary>The network's input.</summary>
internal static class Normalization
{
    /// <summary>
    /// Adds <see cref="TensorNames.Pixels"/>, [N, 3, H / share, W / share], and takes its centre, [N, 3, H, W]. Pretrained networks are
    /// evaluated on the centre of a slightly larger picture (ImageNet's: 224 of 256 pixels), where their objects have the size that they
    /// learned. It happens inside the network so that whoever brings images to the input's size need not know of it.
    /// </summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="imageSize">H and W that the network sees, in pixels.</param>
    /// <param name="share">Share of each side that is kept, above 0 and at most 1.</param>
    public static GraphTensor AddPixels(this GraphBuilder graph, (int Height, int Width) imageSize, double share)
    {
        (int height, int width) = (Uncropped(imageSize.Height, share), Uncropped(imageSize.Width, share));
        GraphTensor pixels = graph.Input(TensorNames.Pixels, new TensorShape("N", 3, height, width));
        return (height, width) == imageSize ? pixels : graph.CropCentre("crop", pixels, imageSize);
    }

    /// <summary>
    /// Adds the normalisation (p / 255 - mean) / deviation, as (p - 255 mean) * (1 / (255 deviation)).
    /// The mean is not folded into the first convolution: that pads with zeros, the mean colour, and would then pad with another.
    /// </summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="pixels">RGB, 0..255, [N, 3, H, W].</param>
    /// <param name="mean">Per channel of RGB / 255.</param>
    /// <param name="deviation">Per channel of RGB / 255.</param>
    /// <returns>float [N, 3, H, W].</returns>
    public static GraphTensor Normalize(
        this GraphBuilder graph, string name, GraphTensor pixels, IReadOnlyList<float> mean, IReadOnlyList<float> deviation)
    {
        GraphTensor offset = PerChannel(graph, "normalize.mean", mean.Select(value => 255f * value));
        GraphTensor factor = PerChannel(graph, "normalize.factor", deviation.Select(value => (float)(1 / (255.0 * value))));
        return graph.Mul(name, graph.Sub("normalize.centered", pixels, offset), factor);
    }

    // The same margin on both sides.
    private static int Uncropped(int size, double share) => size + (2 * (int)Math.Round(((size / share) - size) / 2));

    private static GraphTensor PerChannel(GraphBuilder graph, string name, IEnumerable<float> values) =>
        graph.Constant(name, new TensorShape(1, 3, 1, 1), values.ToArray().AsSpan());
}
