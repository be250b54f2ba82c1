using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Adds the nodes of one step of a derivation and names them after it: "stage4.block1.conv1.gradient.Gemm2". Shapes are fixed numbers
/// throughout, the batch size among them. Not safe for concurrent use.
/// </summary>
/// <param name="graph">The graph that grows.</param>
/// <param name="prefix">What every name starts with; unique in the graph.</param>
internal sealed class NodeScope(GraphBuilder graph, string prefix)
{
    private int _count;

    /// <summary>The graph that grows.</summary>
    public GraphBuilder Graph => graph;

    /// <summary>Adds a node with one float output.</summary>
    /// <param name="operatorName">ONNX operator.</param>
    /// <param name="inputs">In the operator's order.</param>
    /// <param name="shape">Sizes of the output.</param>
    /// <param name="attributes">Of the operator.</param>
    public GraphTensor Emit(
        string operatorName, ReadOnlySpan<GraphTensor> inputs, ReadOnlySpan<long> shape, params ImmutableArray<AttributeProto> attributes)
    {
        var output = new GraphTensor(NextName(operatorName), ElementType.Float, Sizes(shape));
        Add(operatorName, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node with any outputs, named by <see cref="NextName"/>.</summary>
    public void Add(
        string operatorName, ReadOnlySpan<GraphTensor> inputs, ReadOnlySpan<GraphTensor> outputs, params ImmutableArray<AttributeProto> attributes)
    {
        var node = new GraphNode
        {
            Name = outputs[0].Name,
            Operator = operatorName,
            Inputs = Names(inputs),
            Outputs = Names(outputs),
            Attributes = attributes,
        };
        graph.Add(node, outputs);
    }

    /// <summary>A name that no tensor has yet.</summary>
    public string NextName(string kind) => $"{prefix}.{kind}{++_count}";

    /// <summary>A constant of floats.</summary>
    public GraphTensor Constant(ReadOnlySpan<long> shape, ReadOnlySpan<float> values) => graph.Constant(NextName("constant"), Sizes(shape), values);

    /// <summary>A constant of one number, which goes with any shape.</summary>
    public GraphTensor Scalar(double value) => Constant([], [(float)value]);

    /// <summary>A constant of indices.</summary>
    public GraphTensor Indices(ReadOnlySpan<long> shape, ReadOnlySpan<long> values) => graph.IntegerConstant(NextName("indices"), Sizes(shape), values);

    /// <summary>Fixed sizes as a shape.</summary>
    public static TensorShape Sizes(ReadOnlySpan<long> sizes)
    {
        var dimensions = ImmutableArray.CreateBuilder<Dimension>(sizes.Length);
        foreach (long size in sizes) dimensions.Add(size);
        return new TensorShape(dimensions.MoveToImmutable());
    }

    private static ImmutableArray<string> Names(ReadOnlySpan<GraphTensor> tensors)
    {
        var names = ImmutableArray.CreateBuilder<string>(tensors.Length);
        foreach (GraphTensor tensor in tensors) names.Add(tensor.Name);
        return names.MoveToImmutable();
    }
}
