namespace ImageTrainer.Graphs.Operators;

/// <summary>Pooling over space.</summary>
internal static class Pooling
{
    /// <summary>Largest value under the window; padding never wins. [N, C, H, W] gives [N, C, H', W'].</summary>
    public static GraphTensor MaxPool(this GraphBuilder graph, string name, GraphTensor x, SlidingWindow window)
    {
        Dimension channels = x.Shape.Rank == 4 ? x.Shape[1] : 1;
        return graph.Emit("MaxPool", name, [x], window.OutputShape("MaxPool", name, x, channels), window.Attributes);
    }

    /// <summary>Mean over H and W. [N, C, H, W] gives [N, C, 1, 1].</summary>
    public static GraphTensor GlobalAveragePool(this GraphBuilder graph, string name, GraphTensor x) => x.Shape.Rank == 4
        ? graph.Emit("GlobalAveragePool", name, [x], new TensorShape(x.Shape[0], x.Shape[1], 1, 1))
        : throw new GraphException(name, "GlobalAveragePool", $"'{x.Name}' is {x.Shape} where [N, C, H, W] is needed");
}
