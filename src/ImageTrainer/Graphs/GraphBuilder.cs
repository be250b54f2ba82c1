using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>
/// Grows a <see cref="Graph"/> node by node: <c>graph.Node("stem.relu").Relu(x)</c>. The operators are extension methods of
/// <see cref="NodeScope"/>, one small method each. A node and its output tensor share one name, so names are the caller's and repeat
/// exactly. Not safe for concurrent use.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>Version of ONNX's own operators that <see cref="Operators"/> and <see cref="WindowOperators"/> are written for.</summary>
    public const long OperatorSetVersion = 17;

    private readonly string _name;
    private readonly List<GraphTensor> _inputs = [];
    private readonly List<GraphTensor> _outputs = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphInitializer> _initializers = [];
    private readonly Dictionary<string, GraphTensor> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly ImmutableSortedDictionary<string, long> _operatorSets;
    private readonly ImmutableArray<FunctionProto> _functions;

    /// <summary>Starts an empty graph.</summary>
    public GraphBuilder(string name)
        : this(name, ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal).Add("", OperatorSetVersion), [])
    {
    }

    /// <summary>Starts an empty graph for nodes of a foreign file, with the operator sets and functions they are written for.</summary>
    public GraphBuilder(string name, ImmutableSortedDictionary<string, long> operatorSets, ImmutableArray<FunctionProto> functions) =>
        (_name, _operatorSets, _functions) = (name, operatorSets, functions);

    /// <summary>Goes on from a finished graph: everything but its outputs, which are chosen anew.</summary>
    public GraphBuilder(Graph start)
        : this(start.Name, start.OperatorSets, start.Functions)
    {
        _inputs.AddRange(start.Inputs);
        _nodes.AddRange(start.Nodes);
        _initializers.AddRange(start.Initializers);
        _tensors = new Dictionary<string, GraphTensor>(start.Tensors, StringComparer.Ordinal);
        _names.UnionWith(_tensors.Keys);
        _names.UnionWith(start.Nodes.SelectMany(node => node.Outputs));
        _names.UnionWith(start.Initializers.Select(initializer => initializer.Name));
    }

    /// <summary>Adds an input of the graph.</summary>
    public GraphTensor Input(string name, TensorShape shape, ElementType elementType = ElementType.Float)
    {
        GraphTensor tensor = Define(new GraphTensor(name, elementType, shape), "input");
        _inputs.Add(tensor);
        return tensor;
    }

    /// <summary>Adds a constant of little-endian floats, which are not copied.</summary>
    /// <exception cref="GraphException">The length is not the shape's, or the name is taken.</exception>
    public GraphTensor Constant(string name, TensorShape shape, ReadOnlyMemory<byte> floats)
    {
        if (shape.ElementCount * sizeof(float) != floats.Length)
            throw new GraphException(name, "initializer", $"{floats.Length} bytes do not make floats of shape {shape}");
        return AddConstant(new GraphTensor(name, ElementType.Float, shape), floats);
    }

    /// <summary>Adds a constant of floats, copied.</summary>
    /// <exception cref="GraphException">The length is not the shape's, or the name is taken.</exception>
    public GraphTensor Constant(string name, TensorShape shape, ReadOnlySpan<float> floats) =>
        Constant(name, shape, MemoryMarshal.AsBytes(floats).ToArray());

    /// <summary>Adds a constant of whole numbers, copied: shapes, axes, indices.</summary>
    /// <exception cref="GraphException">The length is not the shape's, or the name is taken.</exception>
    public GraphTensor IntegerConstant(string name, TensorShape shape, ReadOnlySpan<long> numbers)
    {
        if (shape.ElementCount != numbers.Length)
            throw new GraphException(name, "initializer", $"{numbers.Length} numbers do not fill the shape {shape}");
        return AddConstant(new GraphTensor(name, ElementType.Int64, shape), MemoryMarshal.AsBytes(numbers).ToArray());
    }

    /// <summary>Where one node goes, and its name: what is called on it is the operator.</summary>
    public NodeScope Node(string name) => new(this, name, isOneNode: true);

    /// <summary>Adds a node; for use by operators, which vouch for the outputs' types and shapes.</summary>
    /// <param name="operatorName">ONNX operator.</param>
    /// <param name="inputs">In the operator's order.</param>
    /// <param name="outputs">New tensors; the node is called as the first of them.</param>
    /// <param name="attributes">Of the operator.</param>
    /// <exception cref="GraphException">An input is not of this graph, or an output's name is taken.</exception>
    public void Add(
        string operatorName,
        ReadOnlySpan<GraphTensor> inputs,
        ReadOnlySpan<GraphTensor> outputs,
        params ImmutableArray<AttributeProto> attributes)
    {
        string name = outputs[0].Name;
        foreach (GraphTensor input in inputs) CheckIsKnown(input, name, operatorName);
        foreach (GraphTensor output in outputs) Define(output, operatorName);
        _nodes.Add(new GraphNode
        {
            Name = name,
            Operator = operatorName,
            Inputs = NamesOf(inputs),
            Outputs = NamesOf(outputs),
            Attributes = attributes,
        });
    }

    /// <summary>Adds a node of a foreign file as it is; the shapes of its outputs stay unknown.</summary>
    /// <exception cref="GraphException">An output's name is taken.</exception>
    public void AddForeign(GraphNode node)
    {
        if (node.Outputs.FirstOrDefault(output => output.Length > 0 && !_names.Add(output)) is { } taken)
            throw new GraphException(node.Name, node.Operator, $"there is another tensor '{taken}'");
        _nodes.Add(node);
    }

    /// <summary>Adds a constant of a foreign file as it is.</summary>
    /// <exception cref="GraphException">Its name is taken.</exception>
    public void AddForeign(GraphInitializer initializer)
    {
        if (!_names.Add(initializer.Name))
            throw new GraphException(initializer.Name, "initializer", "there is another tensor of this name");
        _initializers.Add(initializer);
    }

    /// <summary>Says what is known of a tensor that a foreign node makes, so that operators can take it.</summary>
    public GraphTensor Declare(string name, TensorShape shape, ElementType elementType = ElementType.Float)
    {
        var tensor = new GraphTensor(name, elementType, shape);
        if (!_names.Contains(name) || !_tensors.TryAdd(name, tensor))
            throw new GraphException(name, "foreign tensor", "it does not exist, or its shape is known already");
        return tensor;
    }

    /// <summary>A tensor of this graph whose shape is known.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public GraphTensor Tensor(string name) => _tensors[name];

    /// <summary>Makes a tensor an output of the graph.</summary>
    public void Output(GraphTensor tensor)
    {
        CheckIsKnown(tensor, tensor.Name, "output");
        _outputs.Add(tensor);
    }

    /// <summary>The graph so far.</summary>
    public Graph Build() => new()
    {
        Name = _name,
        Inputs = [.. _inputs],
        Outputs = [.. _outputs],
        Nodes = [.. _nodes],
        Initializers = [.. _initializers],
        Tensors = _tensors.ToFrozenDictionary(StringComparer.Ordinal),
        OperatorSets = _operatorSets,
        Functions = _functions,
    };

    private GraphTensor AddConstant(GraphTensor tensor, ReadOnlyMemory<byte> data)
    {
        Define(tensor, "initializer");
        _initializers.Add(GraphInitializer.FromBytes(tensor, data));
        return tensor;
    }

    private GraphTensor Define(GraphTensor tensor, string operatorName)
    {
        if (!_names.Add(tensor.Name))
            throw new GraphException(tensor.Name, operatorName, "there is another tensor of this name");
        _tensors.Add(tensor.Name, tensor);
        return tensor;
    }

    private void CheckIsKnown(GraphTensor input, string name, string operatorName)
    {
        if (!_tensors.TryGetValue(input.Name, out GraphTensor? known) || !known.Equals(input))
            throw new GraphException(name, operatorName, $"the input '{input.Name}' is not of this graph");
    }

    private static ImmutableArray<string> NamesOf(ReadOnlySpan<GraphTensor> tensors)
    {
        var names = ImmutableArray.CreateBuilder<string>(tensors.Length);
        foreach (GraphTensor tensor in tensors) names.Add(tensor.Name);
        return names.MoveToImmutable();
    }
}

/// <summary>A node cannot take the tensors it is given: a mistake of the code that builds the graph.</summary>
internal sealed class GraphException : ArgumentException
{
    /// <summary>Describes one node that does not fit.</summary>
    /// <param name="nodeName">The node's name.</param>
    /// <param name="operatorName">Its operator.</param>
    /// <param name="reason">One clause without a full stop: what was expected and what came.</param>
    public GraphException(string nodeName, string operatorName, string reason)
        : base($"Node '{nodeName}' ({operatorName}): {reason}.") => NodeName = nodeName;

    /// <summary>The node's name.</summary>
    public string NodeName { get; }
}
