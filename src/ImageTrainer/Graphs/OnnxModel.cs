using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Collections;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Onnx;

namespace ImageTrainer.Graphs;

/// <summary>Writes graphs as ONNX files. The same graph and metadata give the same bytes.</summary>
internal static class OnnxModel
{
    /// <summary>Name that files written here carry as their producer.</summary>
    public const string Producer = "ImageTrainer";

    /// <summary>Of ONNX 1.10, which any runtime with operator set 17 reads.</summary>
    private const long FormatVersion = 8;

    // TensorProto.DataLocation.EXTERNAL. Scales and biases stay inside: the runtime looks at small constants while it rewrites the graph.
    private const int External = 1;
    private const int LeastExternalLength = 16 << 10;

    /// <summary>Serialises a graph.</summary>
    /// <param name="graph">The graph; its initializers are copied once, into the result.</param>
    /// <param name="metadata">Entries for the file's <c>metadata_props</c>, written in ordinal order of their keys; null for none.</param>
    /// <returns>The file; under 2 GiB.</returns>
    public static byte[] Write(Graph graph, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ModelProto model = ToProto(graph);
        model.MetadataProps.Add((metadata ?? new Dictionary<string, string>()).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        byte[] bytes = new byte[model.CalculateSize()];
        model.WriteTo(bytes.AsSpan());
        return bytes;
    }

    /// <summary>Prepares a graph for ONNX Runtime: its weights are not copied.</summary>
    public static OnnxContent ToContent(Graph graph) => ToContent(ToProto(graph));

    /// <summary>Prepares a file's content, whose larger weights are taken out of it.</summary>
    public static OnnxContent ToContent(ModelProto model)
    {
        var tensors = ImmutableArray.CreateBuilder<ExternalTensor>();
        for (int i = 0; i < model.Graph.Initializer.Count; i++)
        {
            TensorProto whole = model.Graph.Initializer[i];
            if (whole.DataType != (int)ElementType.Float || whole.RawData.Length < LeastExternalLength) continue;
            string location = tensors.Count.ToString(CultureInfo.InvariantCulture);
            model.Graph.Initializer[i] = Refer(whole, location);
            tensors.Add(new ExternalTensor(location, whole.RawData.Memory));
        }

        return new OnnxContent(model.ToByteArray(), tensors.DrainToImmutable());
    }

    /// <summary>The file's content as messages, which share the graph's initializers and attributes.</summary>
    public static ModelProto ToProto(Graph graph) => new()
    {
        IrVersion = FormatVersion,
        ProducerName = Producer,
        OpsetImport = { graph.OperatorSets.Select(set => new OperatorSetIdProto { Domain = set.Key, Version = set.Value }) },
        Functions = { graph.Functions },
        Graph = new GraphProto
        {
            Name = graph.Name,
            Node = { graph.Nodes.Select(ToProto) },
            Initializer = { graph.Initializers.Select(initializer => initializer.Proto) },
            Input = { graph.Inputs.Select(ToProto) },
            Output = { graph.Outputs.Select(ToProto) },
        },
    };

    private static TensorProto Refer(TensorProto whole, string location) => new()
    {
        Name = whole.Name,
        DataType = whole.DataType,
        Dims = { whole.Dims },
        DataLocation = External,
        ExternalData = { new StringStringEntryProto { Key = "location", Value = location } },
    };

    private static NodeProto ToProto(GraphNode node) => new()
    {
        Name = node.Name,
        OpType = node.Operator,
        Domain = node.Domain,
        Overload = node.Overload,
        Input = { node.Inputs },
        Output = { node.Outputs },
        Attribute = { node.Attributes },
    };

    private static ValueInfoProto ToProto(GraphTensor tensor) => new()
    {
        Name = tensor.Name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)tensor.ElementType,
                Shape = new TensorShapeProto { Dim = { tensor.Shape.Dimensions.Select(ToProto) } },
            },
        },
    };

    private static TensorShapeProto.Types.Dimension ToProto(Dimension dimension) => dimension.Symbol is { } symbol
        ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
        : new TensorShapeProto.Types.Dimension { DimValue = dimension.Size };
}

/// <summary>Names of tensors in ONNX messages, the graphs inside If, Loop and Scan included.</summary>
internal static class OnnxNames
{
    /// <summary>The graphs an attribute holds.</summary>
    public static IEnumerable<GraphProto> Subgraphs(AttributeProto attribute) =>
        attribute.G is null ? attribute.Graphs : attribute.Graphs.Append(attribute.G);

    /// <summary>Tensors a node takes, those its inner graphs take from outside included (and some that are their own).</summary>
    public static IEnumerable<string> Uses(NodeProto node) =>
        node.Input.Concat(UsesInside(node.Attribute)).Where(name => name.Length > 0);

    /// <summary>Tensors that graphs inside a node take from outside (and some that are their own).</summary>
    public static IEnumerable<string> UsesInside(IEnumerable<AttributeProto> attributes) =>
        from graph in attributes.SelectMany(Subgraphs)
        from name in graph.Node.SelectMany(Uses).Concat(graph.Output.Select(output => output.Name))
        select name;

    /// <summary>Renames every tensor and node of a graph, in place; an empty name, an optional tensor left out, stays.</summary>
    public static void Rename(GraphProto graph, Func<string, string> rename)
    {
        foreach (NodeProto node in graph.Node)
        {
            node.Name = Renamed(node.Name);
            RenameAll(node.Input);
            RenameAll(node.Output);
            foreach (GraphProto inner in node.Attribute.SelectMany(Subgraphs)) Rename(inner, rename);
        }

        foreach (TensorProto initializer in graph.Initializer) initializer.Name = rename(initializer.Name);
        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo)) value.Name = rename(value.Name);

        string Renamed(string name) => name.Length == 0 ? "" : rename(name);
        void RenameAll(RepeatedField<string> names)
        {
            for (int i = 0; i < names.Count; i++) names[i] = Renamed(names[i]);
        }
    }
}
