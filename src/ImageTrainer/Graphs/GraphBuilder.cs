using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>
/// Grows a <see cref="Graph"/> node by node. Operators are extension methods in <c>Operators/</c>, one small method each: they infer the
/// shape and call <see cref="Emit"/>. A node and its output tensor share one name, so names are the caller's and repeat exactly.
/// Not safe for concurrent use.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>Version of ONNX's own operators that the methods in <c>Operators/</c> are written for.</summary>
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
    public GraphBuilder(string name, ImmutableSortedDictionary<string, long> operatorSets, ImmutableArray<FunctionProto> functions)
    {
        _name = name;
        _operatorSets = operatorSets;
        _functions = functions;
    }

    /// <summary>Goes on from a finished graph: everything but its outputs, which are chosen anew.</summary>
    public GraphBuilder(Graph start)
    {
        _name = start.Name;
        _operatorSets = start.OperatorSets;
        _functions = start.Functions;
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
        GraphTensor tensor = Define(new GraphTensor(name, ElementType.Float, shape), "initializer");
        _initializers.Add(GraphInitializer.FromBytes(tensor, floats));
        return tensor;
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
        GraphTensor tensor = Define(new GraphTensor(name, ElementType.Int64, shape), "initializer");
        _initializers.Add(GraphInitializer.FromBytes(tensor, MemoryMarshal.AsBytes(numbers).ToArray()));
        return tensor;
    }

    /// <summary>Adds a node whose outputs the caller vouches for: several, or of other element types than the inputs.</summary>
    /// <exception cref="GraphException">An input is not of this graph, or an output's name is taken.</exception>
    public void Add(GraphNode node, params ReadOnlySpan<GraphTensor> outputs)
    {
        foreach (string input in node.Inputs.Where(input => input.Length > 0 && !_tensors.ContainsKey(input)))
            throw new GraphException(node.Name, node.Operator, $"the input '{input}' is not of this graph");
        foreach (GraphTensor output in outputs)
            Define(output, node.Operator);
        _nodes.Add(node);
    }

    /// <summary>Adds a node with one output of the first input's element type; for use by operators, which vouch for the shape.</summary>
    /// <exception cref="GraphException">An input is of another graph or another element type than the first, or the name is taken.</exception>
    public GraphTensor Emit(
        string operatorName, string name, ReadOnlySpan<GraphTensor> inputs, TensorShape shape, params ImmutableArray<AttributeProto> attributes)
    {
        foreach (GraphTensor input in inputs)
            CheckInput(operatorName, name, input, inputs[0].ElementType);
        GraphTensor output = Define(new GraphTensor(name, inputs[0].ElementType, shape), operatorName);
        var inputNames = ImmutableArray.CreateBuilder<string>(inputs.Length);
        foreach (GraphTensor input in inputs)
            inputNames.Add(input.Name);
        _nodes.Add(new GraphNode
        {
            Name = name,
            Operator = operatorName,
            Inputs = inputNames.MoveToImmutable(),
            Outputs = [name],
            Attributes = attributes,
        });
        return output;
    }

    /// <summary>Adds a node of a foreign file as it is; the shapes of its outputs stay unknown.</summary>
    /// <exception cref="GraphException">An output's name is taken.</exception>
    public void AddForeign(GraphNode node)
    {
        foreach (string output in node.Outputs.Where(output => output.Length > 0))
        {
            if (!_names.Add(output))
                throw new GraphException(node.Name, node.Operator, $"there is another tensor '{output}'");
        }

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
        CheckInput("output", tensor.Name, tensor, tensor.ElementType);
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

    private GraphTensor Define(GraphTensor tensor, string operatorName)
    {
        if (!_names.Add(tensor.Name))
            throw new GraphException(tensor.Name, operatorName, "there is another tensor of this name");
        _tensors.Add(tensor.Name, tensor);
        return tensor;
    }

    private void CheckInput(string operatorName, string name, GraphTensor input, ElementType elementType)
    {
        if (!_tensors.TryGetValue(input.Name, out GraphTensor? known) || !known.Equals(input))
            throw new GraphException(name, operatorName, $"the input '{input.Name}' is not of this graph");
        if (input.ElementType != elementType)
            throw new GraphException(name, operatorName, $"the input '{input.Name}' is {input.ElementType}, the first input {elementType}");
    }
}
