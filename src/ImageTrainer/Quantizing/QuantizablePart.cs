using System.Collections.Frozen;
using System.Collections.Immutable;
using ImageTrainer.Graphs;
using ImageTrainer.Networks;

namespace ImageTrainer.Quantizing;

/// <summary>
/// What of a network can run on integers: convolutions with constant kernels, sums of two activations, the ReLU after either, and
/// max-pooling. The rest stays as it is.
/// </summary>
internal sealed class QuantizablePart
{
    private readonly FrozenDictionary<string, GraphNode> _producers;
    private readonly ILookup<string, GraphNode> _consumers;
    private readonly FrozenSet<string> _outputs;

    /// <summary>Looks through a network.</summary>
    public QuantizablePart(Graph graph)
    {
        Graph = graph;
        Initializers = graph.Initializers.ToFrozenDictionary(initializer => initializer.Name, StringComparer.Ordinal);
        _outputs = graph.Outputs.Select(output => output.Name).ToFrozenSet(StringComparer.Ordinal);
        _producers = graph.Nodes.SelectMany(node => node.Outputs.Select(output => (output, node)))
            .ToFrozenDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);
        _consumers = graph.Nodes.SelectMany(node => node.Inputs.Select(input => (input, node)))
            .ToLookup(pair => pair.input, pair => pair.node, StringComparer.Ordinal);
        Layers = [.. graph.Nodes.Where(IsLayer)];
        Sums = [.. graph.Nodes.Where(IsSum)];
        Activations = [.. Layers.SelectMany(ActivationsOf).Concat(Sums.SelectMany(ActivationsOf)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The whole network.</summary>
    public Graph Graph { get; }

    /// <summary>Its constants by name.</summary>
    public FrozenDictionary<string, GraphInitializer> Initializers { get; }

    /// <summary>The convolutions, in order.</summary>
    public ImmutableArray<GraphNode> Layers { get; }

    /// <summary>The residual sums, in order.</summary>
    public ImmutableArray<GraphNode> Sums { get; }

    /// <summary>The tensors whose ranges have to be known: what layers and sums take and give, behind the ReLU where one follows.</summary>
    public ImmutableArray<string> Activations { get; }

    /// <summary>The tensor that a layer or sum gives to the others: behind its ReLU, if that is all its output goes to.</summary>
    public string ResultOf(GraphNode node) => FindRelu(node)?.Outputs[0] ?? node.Outputs[0];

    /// <summary>The ReLU that alone takes a node's output, or null.</summary>
    public GraphNode? FindRelu(GraphNode node)
    {
        string output = node.Outputs[0];
        GraphNode[] consumers = [.. _consumers[output].Take(2)];
        return consumers is [{ Operator: "Relu" } relu] && !_outputs.Contains(output) ? relu : null;
    }

    /// <summary>The node that makes a tensor, or null for inputs and constants.</summary>
    public GraphNode? FindProducer(string tensor) => _producers.GetValueOrDefault(tensor);

    /// <summary>The tensor that max-pooling was made of: the largest of some bytes is one of them, so both have one range.</summary>
    public string BehindPooling(string tensor) =>
        FindProducer(tensor) is { Operator: "MaxPool" } pool ? BehindPooling(pool.Inputs[0]) : tensor;

    private IEnumerable<string> ActivationsOf(GraphNode node)
    {
        IEnumerable<string> taken = node.Inputs.Where(input => !Initializers.ContainsKey(input) && input.Length > 0);
        return taken.Select(BehindPooling).Append(ResultOf(node));
    }

    private bool IsLayer(GraphNode node) =>
        node is { Operator: "Conv", Domain: "", Inputs.Length: 2 or 3 } && node.Inputs.Skip(1).All(IsFloatConstant);

    private bool IsFloatConstant(string tensor) =>
        Initializers.TryGetValue(tensor, out GraphInitializer? constant) && constant.HasFloats;

    private bool IsSum(GraphNode node) =>
        node is { Operator: "Add", Domain: "", Inputs.Length: 2 }
        && node.Inputs.All(input => FindProducer(input) is { Operator: "Conv" or "Relu" or "Add" or "MaxPool" });
}

/// <summary>
/// Writes a network's first convolution, k x k with stride 2 over 3 channels, as one with stride 1 over 12 channels of half the side: each
/// 2 x 2 square of pixels becomes one pixel of 12 numbers (ONNX: SpaceToDepth). The sums are the same products in another order; integer
/// kernels, which gather channels side by side, do it in a third of the time.
/// </summary>
internal static class FoldedStem
{
    private const int Block = 2;
    private const int SquareSize = Block * Block;

    /// <summary>
    /// The rewritten network, or the same one where its first convolution is of another kind or the input's sides are odd.
    /// </summary>
    public static Graph Fold(Graph graph)
    {
        GraphNode? stem = graph.Nodes.FirstOrDefault(node => node is { Operator: "Conv", Domain: "" });
        GraphInitializer? kernel = graph.Initializers.FirstOrDefault(constant => constant.Name == stem?.Inputs[1]);
        if (stem is null || kernel is null || !IsFoldable(graph, stem, kernel)) return graph;
        int size = (int)kernel.Dimensions[2], padding = size / 2;
        // Window offsets -padding..padding are 2 * q + r with r in 0..1: q runs from first to last.
        int first = FloorHalf(-padding), last = FloorHalf(padding), folded = last - first + 1;
        string squares = $"{stem.Name}.squares", name = $"{kernel.Name}.folded";
        var shape = new TensorShape(kernel.Dimensions[0], kernel.Dimensions[1] * SquareSize, folded, folded);
        var fold = new GraphNode
        {
            Name = squares,
            Operator = "SpaceToDepth",
            Inputs = [stem.Inputs[0]],
            Outputs = [squares],
            Attributes = [GraphAttribute.Int("blocksize", Block)],
        };
        GraphNode convolution = stem with
        {
            Inputs = stem.Inputs.SetItem(0, squares).SetItem(1, name),
            Attributes =
            [
                GraphAttribute.Ints("kernel_shape", folded, folded),
                GraphAttribute.Ints("strides", 1, 1),
                GraphAttribute.Ints("pads", -first, -first, last, last),
            ],
        };
        var constant = GraphInitializer.FromFloats(name, shape, FoldKernel(kernel, padding, first, folded));
        return graph with
        {
            Nodes = [.. graph.Nodes.SelectMany(node => ReferenceEquals(node, stem) ? (GraphNode[])[fold, convolution] : [node])],
            Initializers = [.. graph.Initializers.Select(initializer => ReferenceEquals(initializer, kernel) ? constant : initializer)],
        };
    }

    private static bool IsFoldable(Graph graph, GraphNode stem, GraphInitializer kernel)
    {
        TensorShape pixels = graph.Tensors[TensorNames.Pixels].Shape;
        long size = kernel.Dimensions.Count == 4 ? kernel.Dimensions[2] : 0;
        return size % 2 == 1
            && kernel.Dimensions[1] == 3 && kernel.Dimensions[3] == size && kernel.HasFloats
            && pixels[2].Size % Block == 0 && pixels[3].Size % Block == 0
            && Has(stem, "strides", Block, Block) && Has(stem, "pads", size / 2, size / 2, size / 2, size / 2)
            && stem.Attribute("group") is null or { I: 1 } && stem.Attribute("auto_pad") is null && stem.Attribute("dilations") is null;
    }

    private static bool Has(GraphNode node, string attribute, params ReadOnlySpan<long> values) =>
        node.Attribute(attribute)?.Ints.ToArray().AsSpan().SequenceEqual(values) == true;

    /// <summary>SpaceToDepth puts the number of channel c at row r, column s of the square into channel (2 r + s) C + c.</summary>
    private static float[] FoldKernel(GraphInitializer kernel, int padding, int first, int folded)
    {
        (int outputs, int channels, int size) = ((int)kernel.Dimensions[0], (int)kernel.Dimensions[1], (int)kernel.Dimensions[2]);
        float[] result = new float[outputs * channels * SquareSize * folded * folded];
        for (int i = 0; i < kernel.Floats.Length; i++)
        {
            (int row, int column) = ((i / size % size) - padding, (i % size) - padding);
            (int channel, int output) = (i / (size * size) % channels, i / (size * size * channels));
            int square = (((row - (2 * FloorHalf(row))) * Block) + (column - (2 * FloorHalf(column)))) * channels;
            int plane = (output * channels * SquareSize) + square + channel;
            result[(((plane * folded) + FloorHalf(row) - first) * folded) + FloorHalf(column) - first] = kernel.Floats[i];
        }

        return result;
    }

    private static int FloorHalf(int value) => value >> 1;
}
