using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

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
