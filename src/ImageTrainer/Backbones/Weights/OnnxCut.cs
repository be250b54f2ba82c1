using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

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
