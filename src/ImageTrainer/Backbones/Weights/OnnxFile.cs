using System.Collections.Immutable;
using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Reads ONNX files and turns away what would reach outside them.</summary>
internal static class OnnxFile
{
    // From version 7 on, arithmetic broadcasts as it does today, which the nodes put around the network rely on.
    private const long MinOperatorSet = 7;
    private const byte FormatVersionTag = 0x08;
    private const int ExternalLocation = 1;

    /// <summary>Whether the file starts with a plausible version of the ONNX format.</summary>
    public static bool IsOnnx(WeightFile file) => file.Length >= 2 && file.Read(0, 2) is [FormatVersionTag, > 0 and < 128];

    /// <summary>Reads a file.</summary>
    /// <exception cref="BackboneException">It is damaged, too old, or keeps tensors in other files or in sparse form.</exception>
    public static ModelProto Read(WeightFile file)
    {
        ModelProto model = file.ReadAll(stream => Parse(file, stream));
        if (model.Graph is null || model.Graph.Node.Count == 0)
            throw file.Fault("it is an ONNX file without a network");
        long version = OperatorSets(model).GetValueOrDefault("");
        if (version < MinOperatorSet)
            throw file.Fault($"it is written for ONNX operator set {version}; {MinOperatorSet} is the least");
        CheckGraph(file, model.Graph);
        CheckNodes(file, model.Functions.SelectMany(function => function.Node));
        return model;
    }

    /// <summary>Operator-set version by domain; ONNX's own under the empty name.</summary>
    public static ImmutableSortedDictionary<string, long> OperatorSets(ModelProto model)
    {
        var sets = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (OperatorSetIdProto set in model.OpsetImport)
            sets[set.Domain == "ai.onnx" ? "" : set.Domain] = set.Version;
        return sets.ToImmutable();
    }

    private static ModelProto Parse(WeightFile file, Stream stream)
    {
        try
        {
            using var input = new CodedInputStream(stream, leaveOpen: true);
            return ModelProto.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw file.Fault("it starts like an ONNX file but is damaged", exception);
        }
    }

    // Nesting is bounded: the parser goes no deeper than 100 messages.
    private static void CheckGraph(WeightFile file, GraphProto graph)
    {
        if (graph.SparseInitializer.Count > 0)
            throw file.Fault("it has sparse tensors, which are not supported");
        CheckTensors(file, graph.Initializer);
        CheckNodes(file, graph.Node);
    }

    private static void CheckNodes(WeightFile file, IEnumerable<NodeProto> nodes)
    {
        foreach (AttributeProto attribute in nodes.SelectMany(node => node.Attribute))
        {
            if (attribute.Type is AttributeProto.Types.AttributeType.SparseTensor or AttributeProto.Types.AttributeType.SparseTensors)
                throw file.Fault("it has sparse tensors, which are not supported");
            CheckTensors(file, attribute.T is null ? attribute.Tensors : attribute.Tensors.Append(attribute.T));
            foreach (GraphProto graph in OnnxNames.Subgraphs(attribute))
                CheckGraph(file, graph);
        }
    }

    private static void CheckTensors(WeightFile file, IEnumerable<TensorProto> tensors)
    {
        TensorProto? outside = tensors.FirstOrDefault(tensor => tensor.DataLocation == ExternalLocation || tensor.ExternalData.Count > 0);
        if (outside is not null)
            throw file.Fault($"its tensor '{outside.Name}' lies in another file; export the network into one file");
    }
}
