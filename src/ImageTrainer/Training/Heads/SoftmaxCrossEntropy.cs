using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// Cross-entropy of softmax outputs, -log p(label), and its derivative by the logits, p - onehot(label) (Bishop 2006, section 4.3.4).
/// </summary>
internal static class SoftmaxCrossEntropy
{
    /// <summary>Turns a row of logits into the loss' derivatives by them, times the row's weight.</summary>
    /// <param name="logits">[K], replaced by weight * (p - onehot(label)).</param>
    /// <param name="label">0 to K - 1.</param>
    /// <param name="weight">How much the row counts.</param>
    /// <returns>weight * -log p(label), in nats.</returns>
    public static double ReplaceByGradient(Span<float> logits, int label, float weight)
    {
        float largest = TensorPrimitives.Max<float>(logits);
        TensorPrimitives.Subtract(logits, largest, logits);
        float own = logits[label];
        TensorPrimitives.Exp<float>(logits, logits);
        float sum = TensorPrimitives.Sum<float>(logits);
        TensorPrimitives.Multiply(logits, weight / sum, logits);
        logits[label] -= weight;
        return weight * (Math.Log(sum) - own);
    }

    /// <summary>-log p(label) of one row, in nats.</summary>
    public static double Loss(ReadOnlySpan<float> logits, int label)
    {
        float largest = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
            sum += Math.Exp(logit - largest);
        return Math.Log(sum) + largest - logits[label];
    }
}
