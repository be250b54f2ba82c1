using System.Collections.Frozen;

namespace ImageTrainer.Graphs;

/// <summary>Takes graphs apart.</summary>
internal static class GraphPart
{
    /// <summary>The part of a graph that makes one tensor, from the graph's inputs or from tensors in its middle.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="from">Tensors that are given from outside instead; empty for the graph's own inputs.</param>
    /// <param name="to">The tensor that is wanted.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such tensor, or its shape is not known.</exception>
    public static Graph Between(Graph graph, IReadOnlyList<string> from, string to)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal) { to };
        var nodes = new List<GraphNode>();
        foreach (GraphNode node in graph.Nodes.Reverse())
        {
            if (!node.Outputs.Any(output => wanted.Contains(output) && !from.Contains(output))) continue;
            nodes.Add(node);
            wanted.UnionWith(node.Inputs);
        }

        nodes.Reverse();
        return graph with
        {
            Inputs = [.. graph.Inputs.Where(input => wanted.Contains(input.Name)), .. from.Where(wanted.Contains).Select(name => graph.Tensors[name])],
            Outputs = [graph.Tensors[to]],
            Nodes = [.. nodes],
            Initializers = [.. graph.Initializers.Where(initializer => wanted.Contains(initializer.Name))],
            Tensors = graph.Tensors.Where(tensor => wanted.Contains(tensor.Key)).ToFrozenDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>The graph with other values for some of its float constants; shapes stay.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="values">New elements, row-major, by name; names that the graph does not have are passed over.</param>
    public static Graph WithValues(this Graph graph, IReadOnlyDictionary<string, float[]> values) => graph with
    {
        Initializers = [.. graph.Initializers.Select(initializer => values.TryGetValue(initializer.Name, out float[]? floats)
            ? GraphInitializer.FromBytes(
                graph.Tensors[initializer.Name], System.Runtime.InteropServices.MemoryMarshal.AsBytes(floats.AsSpan()).ToArray())
            : initializer)],
    };
}
