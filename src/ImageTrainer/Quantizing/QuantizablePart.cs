using System.Collections.Frozen;
using System.Collections.Immutable;
using ImageTrainer.Graphs;

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

    private QuantizablePart(Graph graph)
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

    /// <summary>Looks through a network.</summary>
    public static QuantizablePart Of(Graph graph) => new(graph);

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
        Initializers.TryGetValue(tensor, out GraphInitializer? constant) && constant is { ElementType: ElementType.Float, Proto.HasRawData: true };

    private bool IsSum(GraphNode node) =>
        node is { Operator: "Add", Domain: "", Inputs.Length: 2 } && node.Inputs.All(input => FindProducer(input) is { Operator: "Conv" or "Relu" or "Add" or "MaxPool" });
}
