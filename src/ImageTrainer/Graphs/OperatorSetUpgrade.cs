using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>
/// Rewrites graphs of ONNX's operator sets 7 to 12 for set 13, the first whose DequantizeLinear has a scale for each channel. Most
/// operators mean the same in all of them; what became an input from an attribute, or changed its meaning, is written anew so that every
/// number stays.
/// </summary>
internal sealed class OperatorSetUpgrade
{
    /// <summary>The operator set that graphs are brought to.</summary>
    public const long Version = 13;

    /// <summary>
    /// Same attributes, same inputs, same results from set 7 to set 13; later sets only took more types, or added what can be left out.
    /// </summary>
    private static readonly FrozenSet<string> Unchanged =
        ("Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Cast Ceil Celu Concat Constant ConstantOfShape "
        + "Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Einsum Elu Equal Erf Exp Expand Flatten Floor "
        + "Gather GatherElements GatherND Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater HardSigmoid Identity "
        + "InstanceNormalization IsNaN LRN LeakyRelu Less Log LpNormalization LpPool MatMul Max MaxPool Mean Min Mod Mul Neg Not "
        + "Or PRelu Pow QuantizeLinear Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin "
        + "ReduceProd ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Sin Sinh Size Softplus Softsign SpaceToDepth "
        + "Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile Transpose Where Xor").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private readonly Graph _graph;
    private readonly long _from;
    private readonly FrozenSet<string> _used;
    private readonly FrozenDictionary<string, GraphInitializer> _known;
    private readonly List<GraphInitializer> _constants = [];

    private OperatorSetUpgrade(Graph graph, long from)
    {
        (_graph, _from) = (graph, from);
        _used = graph.Nodes.SelectMany(node => node.Inputs).Concat(graph.Outputs.Select(output => output.Name))
            .ToFrozenSet(StringComparer.Ordinal);
        _known = graph.Initializers.ToFrozenDictionary(initializer => initializer.Name, StringComparer.Ordinal);
    }

    /// <summary>Brings a graph to operator set 13, if it is older.</summary>
    /// <returns>The graph in set 13 or later; the same graph where ONNX allows no converting.</returns>
    public static Graph Apply(Graph graph)
    {
        long version = graph.OperatorSets.GetValueOrDefault("");
        if (version >= Version || graph.Functions.Length > 0) return graph;
        return new OperatorSetUpgrade(graph, version).Apply() ?? graph;
    }

    private Graph? Apply()
    {
        var nodes = ImmutableArray.CreateBuilder<GraphNode>(_graph.Nodes.Length);
        foreach (GraphNode node in _graph.Nodes)
        {
            if (Convert(node) is not { } converted) return null;
            nodes.AddRange(converted);
        }

        return _graph with
        {
            Nodes = nodes.ToImmutable(),
            Initializers = [.. _graph.Initializers, .. _constants],
            OperatorSets = _graph.OperatorSets.SetItem("", Version),
        };
    }

    /// <summary>The nodes that do in set 13 what a node did, or null where there are none.</summary>
    private GraphNode[]? Convert(GraphNode node)
    {
        if (node.Attributes.Any(attribute => OnnxNames.Subgraphs(attribute).Any())) return null;
        if (node.Domain is not ("" or "ai.onnx") || Unchanged.Contains(node.Operator)) return [node];
        return node.Operator switch
        {
            "BatchNormalization" => Normalize(node),
            "Dropout" => HasOneOutput(node)
                ? [Bare(node) with { Operator = "Identity", Inputs = [node.Inputs[0]], Outputs = [node.Outputs[0]] }]
                : null,
            "Clip" => _from >= 11 ? [node] : [WithInputs(node, [Scalar(node, "min", float.MinValue), Scalar(node, "max", float.MaxValue)])],
            "Pad" => _from >= 11 ? [node] : [WithInputs(node, [List(node, "pads"), Scalar(node, "value", 0)])],
            "Slice" => _from >= 10 ? [node] : [WithInputs(node, [List(node, "starts"), List(node, "ends"), List(node, "axes")])],
            "TopK" => _from >= 10 ? [node] : [WithInputs(node, [Number(node, "k")])],
            "Split" => [WithInputs(node, [List(node, "split")])],
            "Squeeze" or "Unsqueeze" or "ReduceSum" => [WithInputs(node, [List(node, "axes")])],
            "Softmax" or "LogSoftmax" or "Hardmax" => OverRows(node),
            "Upsample" or "Resize" => Resize(node),
            _ => null,
        };
    }

    /// <summary>Set 9 took away the way to normalise each pixel for itself.</summary>
    private GraphNode[]? Normalize(GraphNode node) => HasOneOutput(node) && node.Attribute("spatial") is null or { I: not 0 }
        ? [node with { Outputs = [node.Outputs[0]], Attributes = [.. node.Attributes.Where(attribute => attribute.Name != "spatial")] }]
        : null;

    /// <summary>Up to set 12 the axes from one on were run together: a matrix whose rows add up to 1. Set 13 goes along one axis.</summary>
    private static GraphNode[] OverRows(GraphNode node)
    {
        (string input, string output) = (node.Inputs[0], node.Outputs[0]);
        (string shape, string rows, string done) = (NewName(node, "shape"), NewName(node, "rows"), NewName(node, "done"));
        GraphNode bare = Bare(node);
        AttributeProto first = GraphAttribute.Int("axis", node.Attribute("axis")?.I ?? 1);
        return
        [
            bare with { Name = shape, Operator = "Shape", Inputs = [input], Outputs = [shape] },
            bare with { Name = rows, Operator = "Flatten", Inputs = [input], Outputs = [rows], Attributes = [first] },
            node with { Inputs = [rows], Outputs = [done], Attributes = [GraphAttribute.Int("axis", -1)] },
            bare with { Name = NewName(node, "reshape"), Operator = "Reshape", Inputs = [done, shape], Outputs = [output] },
        ];
    }

    /// <summary>
    /// Before set 11 pixels lay at the corners of their squares. Where it made pictures smaller each runtime had its own rounding.
    /// </summary>
    private GraphNode[]? Resize(GraphNode node)
    {
        if (_from >= 11 && node.Operator == "Resize") return [node];
        string? scales = node.Inputs.Length > 1 ? node.Inputs[1] : null;
        float[] factors = node.Attribute("scales") is { } attribute
            ? [.. attribute.Floats]
            : scales is not null && _known.TryGetValue(scales, out GraphInitializer? constant) && constant.HasFloats
                ? constant.Floats.ToArray()
                : [];
        if (factors.Length == 0 || factors.Any(factor => factor < 1)) return null;
        scales ??= Add(node, "scales", ElementType.Float, [factors.Length], MemoryMarshal.AsBytes(factors.AsSpan()));
        AttributeProto[] rounding =
            [GraphAttribute.Text("coordinate_transformation_mode", "asymmetric"), GraphAttribute.Text("nearest_mode", "floor")];
        return
        [
            node with
            {
                Operator = "Resize",
                Inputs = [node.Inputs[0], "", scales],
                Attributes = [.. node.Attributes.Where(one => one.Name == "mode"), .. rounding],
            },
        ];
    }

    private bool HasOneOutput(GraphNode node) => node.Outputs.Skip(1).All(output => !_used.Contains(output) || output.Length == 0);

    /// <summary>The node with attributes turned into inputs behind its first; those at the end that are left out are not written.</summary>
    private static GraphNode WithInputs(GraphNode node, (string Attribute, string Input)[] moved)
    {
        string[] inputs = [.. moved.Select(one => one.Input)];
        int count = inputs.Length;
        while (count > 0 && inputs[count - 1].Length == 0) count--;
        return node with
        {
            Inputs = [node.Inputs[0], .. inputs.Take(count)],
            Attributes = [.. node.Attributes.Where(attribute => moved.All(one => one.Attribute != attribute.Name))],
        };
    }

    private (string Attribute, string Input) Scalar(GraphNode node, string name, float standard)
    {
        float value = node.Attribute(name) is { HasF: true } attribute ? attribute.F : standard;
        return (name, Add(node, name, ElementType.Float, [], MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in value))));
    }

    private (string Attribute, string Input) List(GraphNode node, string name)
    {
        if (node.Attribute(name) is not { } attribute) return (name, "");
        long[] values = [.. attribute.Ints];
        return (name, Add(node, name, ElementType.Int64, [values.Length], MemoryMarshal.AsBytes(values.AsSpan())));
    }

    private (string Attribute, string Input) Number(GraphNode node, string name)
    {
        long value = node.Attribute(name)?.I ?? 0;
        return (name, Add(node, name, ElementType.Int64, [1], MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value))));
    }

    private string Add(GraphNode node, string part, ElementType type, Dimension[] shape, ReadOnlySpan<byte> values)
    {
        string name = NewName(node, part);
        _constants.Add(GraphInitializer.FromBytes(new GraphTensor(name, type, new TensorShape([.. shape])), values.ToArray()));
        return name;
    }

    private static GraphNode Bare(GraphNode node) => node with { Domain = "", Overload = "", Attributes = [] };

    private static string NewName(GraphNode node, string part) => $"{node.Outputs[0]}.upgraded.{part}";
}
