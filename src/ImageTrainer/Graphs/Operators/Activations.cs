namespace ImageTrainer.Graphs.Operators;

/// <summary>Functions of one tensor that keep its shape.</summary>
internal static class Activations
{
    /// <summary>max(x, 0).</summary>
    public static GraphTensor Relu(this GraphBuilder graph, string name, GraphTensor x) => graph.Emit("Relu", name, [x], x.Shape);

    /// <summary>x itself in use; in training elements are left out at random.</summary>
    public static GraphTensor Dropout(this GraphBuilder graph, string name, GraphTensor x) => graph.Emit("Dropout", name, [x], x.Shape);

    /// <summary>Natural logarithm.</summary>
    public static GraphTensor Log(this GraphBuilder graph, string name, GraphTensor x) => graph.Emit("Log", name, [x], x.Shape);

    /// <summary>exp(x) / sum(exp(x)) along the last axis.</summary>
    public static GraphTensor Softmax(this GraphBuilder graph, string name, GraphTensor x) => AlongLastAxis(graph, "Softmax", name, x);

    /// <summary>x - log(sum(exp(x))) along the last axis, exact also where the softmax itself would round to 0.</summary>
    public static GraphTensor LogSoftmax(this GraphBuilder graph, string name, GraphTensor x) => AlongLastAxis(graph, "LogSoftmax", name, x);

    private static GraphTensor AlongLastAxis(GraphBuilder graph, string operatorName, string name, GraphTensor x)
    {
        if (x.Shape.Rank == 0)
            throw new GraphException(name, operatorName, $"'{x.Name}' is a scalar and has no last axis");
        // Counted from the front: operator sets before 11 know no negative axis.
        return graph.Emit(operatorName, name, [x], x.Shape, GraphAttribute.Int("axis", x.Shape.Rank - 1));
    }
}
