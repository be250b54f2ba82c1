using Google.Protobuf.Collections;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

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
    public static IEnumerable<string> UsesInside(IEnumerable<AttributeProto> attributes) => attributes.SelectMany(Subgraphs).SelectMany(UsesInside);

    /// <summary>Renames every tensor and node of a graph, in place.</summary>
    public static void Rename(GraphProto graph, Func<string, string> rename)
    {
        foreach (NodeProto node in graph.Node)
        {
            node.Name = node.Name.Length == 0 ? "" : rename(node.Name);
            Rename(node.Input, rename);
            Rename(node.Output, rename);
            foreach (GraphProto inner in node.Attribute.SelectMany(Subgraphs))
                Rename(inner, rename);
        }

        foreach (TensorProto initializer in graph.Initializer)
            initializer.Name = rename(initializer.Name);
        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
            value.Name = rename(value.Name);
    }

    private static IEnumerable<string> UsesInside(GraphProto graph) =>
        graph.Node.SelectMany(Uses).Concat(graph.Output.Select(output => output.Name));

    // An empty name is an optional tensor left out.
    private static void Rename(RepeatedField<string> names, Func<string, string> rename)
    {
        for (int i = 0; i < names.Count; i++)
            names[i] = names[i].Length == 0 ? "" : rename(names[i]);
    }
}
