using System.Collections.Immutable;

namespace ImageTrainer.Graphs.Operators;

/// <summary>Operators that make or take matrices.</summary>
internal static class Matrices
{
    /// <summary>Keeps the first axis and runs the others together: [N, C, H, W] gives [N, C * H * W].</summary>
    public static GraphTensor Flatten(this GraphBuilder graph, string name, GraphTensor x)
    {
        if (x.Shape.Rank < 2)
            throw new GraphException(name, "Flatten", $"'{x.Name}' is {x.Shape} where two axes or more are needed");
        ImmutableArray<Dimension> inner = x.Shape.Dimensions[1..];
        long? count = new TensorShape(inner).ElementCount;
        return graph.Emit("Flatten", name, [x], new TensorShape(x.Shape[0], count ?? (Dimension)$"{name}.columns"), GraphAttribute.Int("axis", 1));
    }

    /// <summary>A linear layer: x [N, D] times the transpose of weights [K, D], plus bias [K]. Gives [N, K].</summary>
    public static GraphTensor Gemm(this GraphBuilder graph, string name, GraphTensor x, GraphTensor weights, GraphTensor bias)
    {
        if (x.Shape.Rank != 2 || weights.Shape.Rank != 2 || x.Shape[1] != weights.Shape[1])
            throw new GraphException(name, "Gemm", $"'{x.Name}' {x.Shape} does not go with the weights '{weights.Name}' {weights.Shape}, [K, D]");
        if (!bias.Shape.Equals(new TensorShape(weights.Shape[0])))
            throw new GraphException(name, "Gemm", $"the bias '{bias.Name}' is {bias.Shape} where [{weights.Shape[0]}] is needed");
        var shape = new TensorShape(x.Shape[0], weights.Shape[0]);
        return graph.Emit("Gemm", name, [x, weights, bias], shape, GraphAttribute.Int("transB", 1));
    }
}
