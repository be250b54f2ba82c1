using System.Collections.Frozen;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs;

namespace ImageTrainer.Networks;

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
            foreach ((string part, float[] value) in Parts.Zip(values)) Set(PartName(node.Name, part), new TensorShape(value.Length), value);
            Set($"{node.Name}.{ResNet.NoBias}", new TensorShape(norm.Gamma.Length), new float[norm.Gamma.Length]);
            Set(kernel, tensors[kernel].Shape, KernelOf(initializers[kernel].Floats, norm));
            _ = initializers.Remove(bias) && tensors.Remove(bias);
            string plain = $"{node.Name}.plain";
            tensors[plain] = new GraphTensor(plain, ElementType.Float, tensors[output].Shape);
            return [node with { Inputs = node.Inputs.SetItem(2, $"{node.Name}.{ResNet.NoBias}"), Outputs = [plain] }, NormAfter(node.Name, plain, output)];
        }

        void Set(string name, TensorShape shape, float[] values)
        {
            tensors[name] = new GraphTensor(name, ElementType.Float, shape);
            initializers[name] = GraphInitializer.FromBytes(tensors[name], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }

        GraphNode[] nodes = [.. graph.Nodes.SelectMany(Split)];
        return graph with { Nodes = [.. nodes], Initializers = [.. initializers.Values], Tensors = tensors.ToFrozenDictionary(StringComparer.Ordinal) };
    }

    /// <summary>Weights of an unfolded graph as the folded one has them; those of a graph that was never unfolded stay as they are.</summary>
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

    // A channel whose scale is 0 has lost its kernel; it stays as silent as it was.
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
