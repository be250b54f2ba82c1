namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// L = - sum over images i and classes k of t'[i, k] log p[i, k] / S for p = softmax(z) and S the sum of all targets, so that
/// dL/dz[i, k] = (p[i, k] sum over j of t'[i, j] - t'[i, k]) / S. Targets are soft and may be weighted: a row of zeros is an image
/// that does not count. Label smoothing moves a share e of every row evenly over the classes: t' = (1 - e) t + e / K sum of t
/// ("Rethinking the Inception Architecture", Szegedy et al., 2016, section 7).
/// </summary>
internal static class SoftmaxCrossEntropy
{
    /// <summary>Adds the loss.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="logits">z, [N, K].</param>
    /// <param name="targets">t, [N, K], not negative, not all 0.</param>
    /// <param name="smoothing">e, 0 to 1.</param>
    /// <returns>L, a scalar, and dL/dz, [N, K].</returns>
    public static (GraphTensor Loss, GraphTensor Gradient) Add(NodeScope scope, GraphTensor logits, GraphTensor targets, double smoothing)
    {
        long[] sizes = logits.Sizes();
        GraphTensor rowSums = scope.Reshape(scope.ReduceSum(targets, 1), sizes[0], 1);
        GraphTensor smoothed = smoothing == 0
            ? targets
            : scope.Add(scope.Mul(targets, 1 - smoothing), scope.Mul(rowSums, smoothing / sizes[1]));
        GraphTensor total = scope.ReduceSum(targets, 0, 1);
        GraphTensor logarithms = scope.Emit("LogSoftmax", [logits], sizes, GraphAttribute.Int("axis", 1));
        GraphTensor loss = scope.Map("Neg", scope.Div(scope.ReduceSum(scope.Mul(smoothed, logarithms), 0, 1), total));
        GraphTensor probabilities = scope.Emit("Softmax", [logits], sizes, GraphAttribute.Int("axis", 1));
        GraphTensor gradient = scope.Div(scope.Sub(scope.Mul(probabilities, rowSums), smoothed), total);
        return (loss, gradient);
    }
}
