using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>
/// Where nodes go and how they are called: one node by a name of the caller's (<see cref="GraphBuilder.Node"/>), or the nodes of one step
/// of a derivation, called after it and numbered: "stage4.block1.conv1.gradient.Gemm2". Not safe for concurrent use.
/// </summary>
/// <param name="graph">The graph that grows.</param>
/// <param name="name">Name of the node, or what every name starts with; unique in the graph.</param>
/// <param name="isOneNode">Whether it is the name of the one node that goes here.</param>
internal sealed class NodeScope(GraphBuilder graph, string name, bool isOneNode = false)
{
    private int _count;

    /// <summary>Name of the node, or what every name starts with.</summary>
    public string Name => name;

    /// <summary>Adds a node with one output of the first input's element type.</summary>
    /// <param name="operatorName">ONNX operator.</param>
    /// <param name="inputs">In the operator's order; all of one type, but for indices and sizes.</param>
    /// <param name="shape">Shape of the output.</param>
    /// <param name="attributes">Of the operator.</param>
    /// <exception cref="GraphException">
    /// An input is of another graph or another element type than the first, or the name is taken.
    /// </exception>
    public GraphTensor Emit(
        string operatorName, ReadOnlySpan<GraphTensor> inputs, TensorShape shape, params ImmutableArray<AttributeProto> attributes)
    {
        ElementType type = inputs[0].ElementType;
        var output = new GraphTensor(NextName(operatorName), type, shape);
        foreach (GraphTensor input in inputs)
        {
            if (input.ElementType != type && input.ElementType != ElementType.Int64)
            {
                throw new GraphException(
                    output.Name, operatorName, $"the input '{input.Name}' is {input.ElementType}, the first input {type}");
            }
        }

        graph.Add(operatorName, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node with one output of fixed sizes.</summary>
    /// <inheritdoc cref="Emit(string, ReadOnlySpan{GraphTensor}, TensorShape, ImmutableArray{AttributeProto})"/>
    public GraphTensor Emit(
        string operatorName,
        ReadOnlySpan<GraphTensor> inputs,
        ReadOnlySpan<long> sizes,
        params ImmutableArray<AttributeProto> attributes) =>
        Emit(operatorName, inputs, TensorShape.Of(sizes), attributes);

    /// <summary>Adds a node whose outputs the caller makes, named by <see cref="NextName"/>: several, or of other element types.</summary>
    public void Add(
        string operatorName,
        ReadOnlySpan<GraphTensor> inputs,
        ReadOnlySpan<GraphTensor> outputs,
        params ImmutableArray<AttributeProto> attributes) =>
        graph.Add(operatorName, inputs, outputs, attributes);

    /// <summary>A name that no tensor has yet.</summary>
    public string NextName(string kind) => isOneNode ? name : $"{name}.{kind}{++_count}";

    /// <summary>A constant of floats.</summary>
    public GraphTensor Constant(ReadOnlySpan<long> sizes, ReadOnlySpan<float> values) =>
        graph.Constant(NextName("constant"), TensorShape.Of(sizes), values);

    /// <summary>A constant of one number, which goes with any shape.</summary>
    public GraphTensor Scalar(double value) => Constant([], [(float)value]);

    /// <summary>A constant of indices.</summary>
    public GraphTensor Indices(ReadOnlySpan<long> sizes, ReadOnlySpan<long> values) =>
        graph.IntegerConstant(NextName("indices"), TensorShape.Of(sizes), values);
}
