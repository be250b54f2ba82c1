using System.Collections.Frozen;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Lets nodes write outputs of the graph under the outputs' own names. A value that is both an output and used further on (new momentum,
/// new moments) would otherwise be copied by the Identity that names it: ONNX Runtime removes that node only where nothing else reads.
/// </summary>
internal static class OutputNames
{
    /// <summary>The same graph without those Identity nodes; one whose input is given from outside, or is an output already, stays.</summary>
    public static Graph Settle(Graph graph)
    {
        HashSet<string> outputs = [.. graph.Outputs.Select(output => output.Name)];
        HashSet<string> made = [.. graph.Nodes.SelectMany(node => node.Outputs)];
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var kept = new List<GraphNode>();
        foreach (GraphNode node in graph.Nodes)
        {
            bool isName = node.Operator == "Identity" && outputs.Contains(node.Outputs[0]);
            string source = node.Inputs.FirstOrDefault("");
            if (!isName || !made.Contains(source) || outputs.Contains(source) || !names.TryAdd(source, node.Outputs[0])) kept.Add(node);
        }

        string NameOf(string tensor) => names.GetValueOrDefault(tensor, tensor);
        return graph with
        {
            Nodes = [.. kept.Select(node => node with { Inputs = [.. node.Inputs.Select(NameOf)], Outputs = [.. node.Outputs.Select(NameOf)] })],
            Tensors = graph.Tensors.Where(tensor => !names.ContainsKey(tensor.Key)).ToFrozenDictionary(StringComparer.Ordinal),
        };
    }
}
