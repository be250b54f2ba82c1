using System.Collections.Frozen;
using System.Collections.Immutable;
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
}
