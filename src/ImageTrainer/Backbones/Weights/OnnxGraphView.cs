using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// A foreign graph to find things in: who makes a tensor, what a constant holds. Identity and Dropout, which change nothing in use, are
/// looked through. Nothing here trusts the file: names may be missing or used twice, and nodes may run in circles.
/// </summary>
internal sealed class OnnxGraphView
{
    private readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorProto> _constants = new(StringComparer.Ordinal);

    /// <summary>Looks over a graph.</summary>
    public OnnxGraphView(GraphProto graph)
    {
        Graph = graph;
        foreach (TensorProto initializer in graph.Initializer)
            _constants.TryAdd(initializer.Name, initializer);
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
                _producers.TryAdd(output, node);
            if (Is(node, "Constant") && Attribute(node, "value")?.T is { } value && node.Output is [var name, ..])
                _constants.TryAdd(name, value);
        }
    }

    /// <summary>The graph itself.</summary>
    public GraphProto Graph { get; }

    /// <summary>Whether a node is one of ONNX's own operators of this name.</summary>
    public static bool Is(NodeProto? node, string operatorName) => node is { Domain: "" or "ai.onnx" } && node.OpType == operatorName;

    /// <summary>The attribute of a name, or null.</summary>
    public static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    /// <summary>A whole number among the attributes.</summary>
    public static long Integer(NodeProto node, string name, long standard) => Attribute(node, name)?.I ?? standard;

    /// <summary>Whole numbers among the attributes; empty where they are left out.</summary>
    public static IReadOnlyList<long> Integers(NodeProto node, string name) => Attribute(node, name)?.Ints ?? (IReadOnlyList<long>)[];

    /// <summary>The first tensor that has the same values as this one.</summary>
    public string Source(string tensor)
    {
        // As many steps as there are nodes, for those that run in circles.
        for (int step = 0; step < Graph.Node.Count; step++)
        {
            NodeProto? node = _producers.GetValueOrDefault(tensor);
            if (!(Is(node, "Identity") || Is(node, "Dropout")) || node!.Input.Count == 0 || node.Output[0] != tensor) break;
            tensor = node.Input[0];
        }

        return tensor;
    }

    /// <summary>The node that makes a tensor's values, or null for inputs and initialisers.</summary>
    public NodeProto? Producer(string tensor) => _producers.GetValueOrDefault(Source(tensor));

    /// <summary>The node that makes a tensor's values, if it is of this kind and has an input to go on from.</summary>
    public NodeProto? Producer(string tensor, string operatorName) =>
        Producer(tensor) is { Input.Count: > 0 } node && Is(node, operatorName) ? node : null;

    /// <summary>Sizes of a constant's axes, or null where the tensor is no constant of floats.</summary>
    public IReadOnlyList<long>? FloatShape(string tensor) =>
        _constants.GetValueOrDefault(Source(tensor)) is { DataType: (int)ElementType.Float } constant ? constant.Dims : null;

    /// <summary>The elements of a constant of floats, row-major, or null where it is none or does not have as many as its shape says.</summary>
    public float[]? Floats(string tensor)
    {
        if (_constants.GetValueOrDefault(Source(tensor)) is not { DataType: (int)ElementType.Float } constant) return null;
        if (constant.HasRawData && constant.RawData.Length % sizeof(float) != 0) return null;
        float[] values = constant.HasRawData ? MemoryMarshal.Cast<byte, float>(constant.RawData.Span).ToArray() : [.. constant.FloatData];
        return TensorExtent.ElementCount(constant.Dims) == values.Length ? values : null;
    }

    /// <summary>The elements of a constant of 64-bit whole numbers, kept as bytes or as numbers; null where it is none.</summary>
    public long[]? Numbers(string tensor)
    {
        if (_constants.GetValueOrDefault(Source(tensor)) is not { DataType: (int)ElementType.Int64 } constant) return null;
        if (!constant.HasRawData) return [.. constant.Int64Data];
        return constant.RawData.Length % sizeof(long) == 0 ? MemoryMarshal.Cast<byte, long>(constant.RawData.Span).ToArray() : null;
    }
}

/// <summary>The part of an ONNX graph that one tensor depends on.</summary>
/// <param name="Nodes">Its nodes, in the file's order.</param>
/// <param name="Initializers">Its constant tensors, in the file's order.</param>
/// <param name="Inputs">What has to be given from outside.</param>
internal sealed record OnnxCut(IReadOnlyList<NodeProto> Nodes, IReadOnlyList<TensorProto> Initializers, IReadOnlyList<ValueInfoProto> Inputs)
{
    /// <summary>Cuts a graph behind a tensor.</summary>
    public static OnnxCut Behind(GraphProto graph, string tensor)
    {
        HashSet<string> needed = FindNeeded(graph, tensor);
        var constants = graph.Initializer.Select(initializer => initializer.Name).ToHashSet(StringComparer.Ordinal);
        return new OnnxCut(
            [.. graph.Node.Where(node => node.Output.Any(needed.Contains))],
            [.. graph.Initializer.Where(initializer => needed.Contains(initializer.Name))],
            [.. graph.Input.Where(input => needed.Contains(input.Name) && !constants.Contains(input.Name))]);
    }

    private static HashSet<string> FindNeeded(GraphProto graph, string tensor)
    {
        var producers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
                producers[output] = node;
        }

        var needed = new HashSet<string>([tensor], StringComparer.Ordinal);
        var pending = new Stack<string>([tensor]);
        while (pending.TryPop(out string? name))
        {
            foreach (string used in producers.TryGetValue(name, out NodeProto? producer) ? OnnxNames.Uses(producer) : [])
            {
                if (needed.Add(used))
                    pending.Push(used);
            }
        }

        return needed;
    }
}

/// <summary>Asks ONNX Runtime for the shape of a tensor inside a foreign network. The network is loaded and checked, but not run.</summary>
internal static class OnnxShapeProbe
{
    /// <summary>Infers a shape.</summary>
    /// <param name="file">The file the graph comes from.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="tensor">Name of one of its float tensors.</param>
    /// <returns>Sizes of the axes, -1 where one depends on the input; empty where not even their number is known.</returns>
    /// <exception cref="BackboneException">ONNX Runtime cannot load the network.</exception>
    public static int[] Infer(WeightFile file, Graph graph, string tensor)
    {
        ModelProto model = OnnxModel.ToProto(graph);
        var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float } };
        model.Graph.Output.Add(new ValueInfoProto { Name = tensor, Type = type });
        try
        {
            using SessionOptions options = MakeOptions();
            using var session = new InferenceSession(model.ToByteArray(), options);
            return session.OutputMetadata[tensor].Dimensions;
        }
        catch (OnnxRuntimeException exception)
        {
            throw file.Fault($"ONNX Runtime cannot load it, saying: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static SessionOptions MakeOptions()
    {
        SessionOptions options = OnnxEnvironment.CreateSessionOptions();
        options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        options.IntraOpNumThreads = 1;
        options.EnableCpuMemArena = false;
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        return options;
    }
}
