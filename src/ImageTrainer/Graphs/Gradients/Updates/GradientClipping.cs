namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>
/// Scales all gradients together so that their joint norm does not exceed a limit: g' = g min(1, c / |g|)
/// ("On the difficulty of training recurrent neural networks", Pascanu et al., 2013, algorithm 1).
/// </summary>
internal static class GradientClipping
{
    /// <summary>Adds the clipping.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="gradients">Of all parameters.</param>
    /// <param name="limit">c, above 0.</param>
    /// <returns>The gradients in the same order.</returns>
    public static IReadOnlyList<GraphTensor> Add(NodeScope scope, IReadOnlyList<GraphTensor> gradients, double limit)
    {
        GraphTensor square = gradients
            .Select(gradient => scope.Emit("ReduceSumSquare", [gradient], [], GraphAttribute.Int("keepdims", 0)))
            .Aggregate((sum, next) => scope.Add(sum, next));
        GraphTensor norm = scope.Add(scope.Map("Sqrt", square), scope.Scalar(1e-12));
        GraphTensor factor = scope.Emit("Min", [scope.Div(scope.Scalar(limit), norm), scope.Scalar(1)], []);
        return [.. gradients.Select(gradient => scope.Mul(gradient, factor))];
    }
}
