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
    /// <param name="scales">Of each, the scales s of its rows where W = s U and the gradient of U counts, which is s times as long; or null.</param>
    /// <param name="limit">c, above 0.</param>
    /// <returns>The gradients in the same order.</returns>
    public static IReadOnlyList<GraphTensor> Add(NodeScope scope, IReadOnlyList<GraphTensor> gradients, IReadOnlyList<float[]?> scales, double limit)
    {
        GraphTensor square = gradients.Zip(scales, (gradient, rows) => SumOfSquares(scope, gradient, rows)).Aggregate((sum, next) => scope.Add(sum, next));
        GraphTensor norm = scope.Add(scope.Map("Sqrt", square), scope.Scalar(1e-12));
        GraphTensor factor = scope.Emit("Min", [scope.Div(scope.Scalar(limit), norm), scope.Scalar(1)], []);
        return [.. gradients.Select(gradient => scope.Mul(gradient, factor))];
    }

    private static GraphTensor SumOfSquares(NodeScope scope, GraphTensor gradient, float[]? scales)
    {
        if (scales is null) return scope.Emit("ReduceSumSquare", [gradient], [], GraphAttribute.Int("keepdims", 0));
        GraphTensor rows = scope.Emit(
            "ReduceSumSquare", [gradient], [scales.Length], GraphAttribute.Ints("axes", 1), GraphAttribute.Int("keepdims", 0));
        return scope.ReduceSum(scope.Mul(rows, scope.Constant([scales.Length], [.. scales.Select(scale => scale * scale)])), 0);
    }
}
