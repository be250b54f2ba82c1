namespace ImageTrainer.Graphs;

/// <summary>A node cannot take the tensors it is given: a mistake of the code that builds the graph.</summary>
internal sealed class GraphException : ArgumentException
{
    /// <summary>Describes one node that does not fit.</summary>
    /// <param name="nodeName">The node's name.</param>
    /// <param name="operatorName">Its operator.</param>
    /// <param name="reason">One clause without a full stop: what was expected and what came.</param>
    public GraphException(string nodeName, string operatorName, string reason)
        : base($"Node '{nodeName}' ({operatorName}): {reason}.") => NodeName = nodeName;

    /// <summary>The node's name.</summary>
    public string NodeName { get; }
}
