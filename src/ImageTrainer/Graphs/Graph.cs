using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>
/// A network as data: nodes in topological order over named tensors. Immutable; to change one, walk its nodes and build another with
/// <see cref="GraphBuilder"/>, which can also go on from where this one ends.
/// </summary>
internal sealed record Graph
{
    /// <summary>Name of the graph.</summary>
    public required string Name { get; init; }

    /// <summary>Tensors given from outside at each run.</summary>
    public required ImmutableArray<GraphTensor> Inputs { get; init; }

    /// <summary>Tensors handed out at each run.</summary>
    public required ImmutableArray<GraphTensor> Outputs { get; init; }

    /// <summary>Operators, each after those whose outputs it takes.</summary>
    public required ImmutableArray<GraphNode> Nodes { get; init; }

    /// <summary>Constant tensors, in the order they were added.</summary>
    public required ImmutableArray<GraphInitializer> Initializers { get; init; }

    /// <summary>Every tensor whose type and shape are known, by name: all of them but the inside of foreign files.</summary>
    public required FrozenDictionary<string, GraphTensor> Tensors { get; init; }

    /// <summary>Operator-set version by domain; the empty domain is ONNX's own.</summary>
    public required ImmutableSortedDictionary<string, long> OperatorSets { get; init; }

    /// <summary>Model-local functions of a foreign file, as they stand in it.</summary>
    public ImmutableArray<FunctionProto> Functions { get; init; } = [];

    /// <summary>The part of the graph that makes one tensor, from the graph's inputs or from tensors in its middle.</summary>
    /// <param name="from">Tensors that are given from outside instead; empty for the graph's own inputs.</param>
    /// <param name="to">The tensor that is wanted.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such tensor, or its shape is not known.</exception>
    public Graph Between(IReadOnlyList<string> from, string to)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal) { to };
        var nodes = new List<GraphNode>();
        foreach (GraphNode node in Nodes.Reverse())
        {
            if (!node.Outputs.Any(output => wanted.Contains(output) && !from.Contains(output))) continue;
            nodes.Add(node);
            wanted.UnionWith(node.Inputs);
        }

        nodes.Reverse();
        return this with
        {
            Inputs = [.. Inputs.Where(input => wanted.Contains(input.Name)), .. from.Where(wanted.Contains).Select(name => Tensors[name])],
            Outputs = [Tensors[to]],
            Nodes = [.. nodes],
            Initializers = [.. Initializers.Where(initializer => wanted.Contains(initializer.Name))],
            Tensors = Tensors.Where(tensor => wanted.Contains(tensor.Key)).ToFrozenDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>The graph with other values for some of its float constants; shapes stay.</summary>
    /// <param name="values">New elements, row-major, by name; names that the graph does not have are passed over.</param>
    public Graph WithValues(IReadOnlyDictionary<string, float[]> values) => this with
    {
        Initializers = [.. Initializers.Select(initializer => values.TryGetValue(initializer.Name, out float[]? floats)
            ? GraphInitializer.FromFloats(initializer.Name, Tensors[initializer.Name].Shape, floats)
            : initializer)],
    };
}

/// <summary>A value in a graph: an input, an initializer or the output of a node.</summary>
/// <param name="Name">Unique in its graph.</param>
/// <param name="ElementType">Type of its elements.</param>
/// <param name="Shape">Its axes; symbols where they are known only when the graph runs.</param>
internal sealed record GraphTensor(string Name, ElementType ElementType, TensorShape Shape);

/// <summary>One operator application. Tensors are meant by name, so that nodes can be copied, moved and rewritten freely.</summary>
internal sealed record GraphNode
{
    /// <summary>The node's name: "stage3.block2.conv1". Nodes of foreign files may have none.</summary>
    public required string Name { get; init; }

    /// <summary>ONNX operator: "Conv".</summary>
    public required string Operator { get; init; }

    /// <summary>Operator domain; empty for ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Which of several model-local functions of that name; empty for operators.</summary>
    public string Overload { get; init; } = "";

    /// <summary>Names of the input tensors in the operator's order; an empty name is an optional input left out.</summary>
    public required ImmutableArray<string> Inputs { get; init; }

    /// <summary>Names of the output tensors in the operator's order.</summary>
    public required ImmutableArray<string> Outputs { get; init; }

    /// <summary>Attributes; never changed once here.</summary>
    public ImmutableArray<AttributeProto> Attributes { get; init; } = [];

    /// <summary>The attribute of a name, or null.</summary>
    public AttributeProto? Attribute(string name) => Attributes.FirstOrDefault(attribute => attribute.Name == name);
}

/// <summary>Makes attributes of nodes.</summary>
internal static class GraphAttribute
{
    /// <summary>An integer.</summary>
    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>A list of integers.</summary>
    public static AttributeProto Ints(string name, params IEnumerable<long> values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    /// <summary>A number.</summary>
    public static AttributeProto Float(string name, float value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    /// <summary>A text.</summary>
    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };
}

/// <summary>A constant tensor of a graph, in the form it has in the file. Nobody writes to its data once made.</summary>
internal sealed class GraphInitializer
{
    private GraphInitializer(TensorProto proto) => Proto = proto;

    /// <summary>Name of the tensor.</summary>
    public string Name => Proto.Name;

    /// <summary>Type of its elements.</summary>
    public ElementType ElementType => (ElementType)Proto.DataType;

    /// <summary>Sizes of its axes.</summary>
    public IReadOnlyList<long> Dimensions => Proto.Dims;

    /// <summary>The tensor as it is written.</summary>
    internal TensorProto Proto { get; }

    /// <summary>Whether its elements are floats and can be read as <see cref="Floats"/>.</summary>
    public bool HasFloats => ElementType == ElementType.Float && Proto.HasRawData;

    /// <summary>Elements of a float tensor, row-major, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The elements are not floats, or not kept as raw bytes.</exception>
    public ReadOnlySpan<float> Floats => HasFloats
        ? MemoryMarshal.Cast<byte, float>(Proto.RawData.Span)
        : throw new InvalidOperationException($"Initializer '{Name}' does not hold raw floats.");

    /// <summary>Wraps little-endian bytes without copying them: a ResNet-152 is 240 MB.</summary>
    /// <param name="tensor">Name, type and fixed shape.</param>
    /// <param name="data">Elements, row-major, little-endian.</param>
    public static GraphInitializer FromBytes(GraphTensor tensor, ReadOnlyMemory<byte> data) => new(new TensorProto
    {
        Name = tensor.Name,
        DataType = (int)tensor.ElementType,
        Dims = { tensor.Shape.Dimensions.Select(dimension => dimension.Size) },
        RawData = UnsafeByteOperations.UnsafeWrap(data),
    });

    /// <summary>Makes a constant of floats, row-major, copied.</summary>
    public static GraphInitializer FromFloats(string name, TensorShape shape, ReadOnlySpan<float> values) =>
        FromBytes(new GraphTensor(name, ElementType.Float, shape), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>
    /// Takes a tensor of a foreign file as it is; floats that are written one by one are put into raw bytes, as ours are.
    /// </summary>
    public static GraphInitializer FromProto(TensorProto proto)
    {
        if (proto.DataType != (int)ElementType.Float || proto.HasRawData || proto.FloatData.Count == 0) return new(proto);
        float[] values = [.. proto.FloatData];
        return new(new TensorProto
        {
            Name = proto.Name,
            DataType = proto.DataType,
            Dims = { proto.Dims },
            RawData = UnsafeByteOperations.UnsafeWrap(MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
        });
    }
}
