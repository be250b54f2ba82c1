using System.Collections.Frozen;
using System.Numerics.Tensors;
using ImageTrainer.Graphs;

namespace ImageTrainer.Networks;

/// <summary>
/// BatchNorm as it acts in inference: y = gamma (x - mean) / sqrt(variance + epsilon) + beta per channel
/// ("Batch Normalization", Ioffe and Szegedy, 2015, algorithm 2).
/// </summary>
/// <param name="Gamma">Scale, [M].</param>
/// <param name="Beta">Shift, [M].</param>
/// <param name="Mean">Running mean, [M].</param>
/// <param name="Variance">Running variance, [M], not negative.</param>
internal sealed record BatchNormalization(float[] Gamma, float[] Beta, float[] Mean, float[] Variance)
{
    /// <summary>torchvision's epsilon.</summary>
    public const double StandardEpsilon = 1e-5;

    /// <summary>What keeps the root from 0; default <see cref="StandardEpsilon"/>.</summary>
    public double Epsilon { get; init; } = StandardEpsilon;

    /// <summary>What folding multiplies each output channel of the kernel by: s = gamma / sqrt(variance + epsilon), [M].</summary>
    public float[] Scales => [.. Enumerable.Range(0, Gamma.Length).Select(channel => (float)ScaleOf(channel))];

    /// <summary>
    /// Folds the normalisation into the convolution before it: output channel m of the kernel is multiplied by
    /// s = gamma / sqrt(variance + epsilon), and beta - s mean becomes the bias. s is worked out in double precision, so that folding
    /// again what has been folded already (mean 0, variance 1 - epsilon) changes no bit.
    /// </summary>
    /// <param name="kernel">[M, C, k, k] without bias; scaled in place.</param>
    /// <returns>The bias, [M].</returns>
    public float[] FoldInto(Span<float> kernel)
    {
        float[] bias = new float[Gamma.Length];
        int length = kernel.Length / Gamma.Length;
        for (int channel = 0; channel < Gamma.Length; channel++)
        {
            double scale = ScaleOf(channel);
            Span<float> filter = kernel.Slice(channel * length, length);
            TensorPrimitives.Multiply(filter, (float)scale, filter);
            bias[channel] = (float)(Beta[channel] - (scale * Mean[channel]));
        }

        return bias;
    }

    private double ScaleOf(int channel) => Gamma[channel] / Math.Sqrt(Variance[channel] + Epsilon);
}

/// <summary>A convolution and the BatchNorm after it.</summary>
/// <param name="Kernel">[M, C, k, k], row-major, little-endian floats.</param>
/// <param name="Norm">The BatchNorm.</param>
internal sealed record UnfoldedConvolution(byte[] Kernel, BatchNormalization Norm);

/// <summary>
/// Takes BatchNorms out of the convolutions that they were folded into, so that they can be trained, and folds them in again. A folded
/// kernel is W = s U with bias beta - s mean, s = gamma / sqrt(variance + epsilon).
/// </summary>
internal static class NormUnfolding
{
    private static readonly string[] Parts = ["gamma", "beta", "mean", "variance"];

    /// <summary>The graph with two nodes where it had one.</summary>
    /// <param name="graph">A graph with folded convolutions.</param>
    /// <param name="norms">What is in each convolution, by the kernel's name; others stay as they are.</param>
    public static Graph Unfold(Graph graph, IReadOnlyDictionary<string, BatchNormalization> norms)
    {
        var initializers = graph.Initializers.ToDictionary(initializer => initializer.Name, StringComparer.Ordinal);
        var tensors = graph.Tensors.ToDictionary(StringComparer.Ordinal);
        IEnumerable<GraphNode> Split(GraphNode node)
        {
            if (node.Operator != "Conv" || !norms.TryGetValue(node.Inputs[1], out BatchNormalization? norm)) return [node];
            (string kernel, string bias, string output) = (node.Inputs[1], node.Inputs[2], node.Outputs[0]);
            float[][] values = [norm.Gamma, norm.Beta, norm.Mean, norm.Variance];
            foreach ((string part, float[] value) in Parts.Zip(values))
                Set(PartName(node.Name, part), new TensorShape(value.Length), value);
            string noBias = $"{node.Name}.{ResNet.NoBias}";
            Set(noBias, new TensorShape(norm.Gamma.Length), new float[norm.Gamma.Length]);
            Set(kernel, tensors[kernel].Shape, KernelOf(initializers[kernel].Floats, norm));
            _ = initializers.Remove(bias) && tensors.Remove(bias);
            string plain = $"{node.Name}.plain";
            tensors[plain] = new GraphTensor(plain, ElementType.Float, tensors[output].Shape);
            return [node with { Inputs = node.Inputs.SetItem(2, noBias), Outputs = [plain] }, NormAfter(node.Name, plain, output)];
        }

        void Set(string name, TensorShape shape, float[] values)
        {
            tensors[name] = new GraphTensor(name, ElementType.Float, shape);
            initializers[name] = GraphInitializer.FromFloats(name, shape, values);
        }

        GraphNode[] nodes = [.. graph.Nodes.SelectMany(Split)];
        return graph with
        {
            Nodes = [.. nodes],
            Initializers = [.. initializers.Values],
            Tensors = tensors.ToFrozenDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>
    /// Weights of an unfolded graph as the folded one has them; those of a graph that was never unfolded stay as they are.
    /// </summary>
    /// <param name="weights">Elements by name.</param>
    public static IReadOnlyDictionary<string, float[]> Fold(IReadOnlyDictionary<string, float[]> weights)
    {
        var folded = weights.ToDictionary(StringComparer.Ordinal);
        string ending = PartName("", Parts[0]);
        foreach (string name in weights.Keys.Where(name => name.EndsWith(ending, StringComparison.Ordinal)))
        {
            string layer = name[..^ending.Length];
            float[][] parts = [.. Parts.Select(part => weights[PartName(layer, part)])];
            float[] kernel = [.. weights[$"{layer}.weight"]];
            folded[$"{layer}.bias"] = new BatchNormalization(parts[0], parts[1], parts[2], parts[3]).FoldInto(kernel);
            folded[$"{layer}.weight"] = kernel;
        }

        return folded;
    }

    private static string PartName(string layer, string part) => $"{layer}.norm.{part}";

    private static GraphNode NormAfter(string layer, string input, string output) => new()
    {
        Name = $"{layer}.norm",
        Operator = "BatchNormalization",
        Inputs = [input, .. Parts.Select(part => PartName(layer, part))],
        Outputs = [output],
        Attributes = [GraphAttribute.Float("epsilon", (float)BatchNormalization.StandardEpsilon)],
    };

    /// <summary>A channel whose scale is 0 has lost its kernel; it stays as silent as it was.</summary>
    private static float[] KernelOf(ReadOnlySpan<float> folded, BatchNormalization norm)
    {
        float[] kernel = folded.ToArray();
        float[] scales = norm.Scales;
        int length = kernel.Length / scales.Length;
        for (int channel = 0; channel < scales.Length; channel++)
        {
            Span<float> filter = kernel.AsSpan(channel * length, length);
            if (scales[channel] != 0) TensorPrimitives.Divide(filter, scales[channel], filter);
        }

        return kernel;
    }
}
