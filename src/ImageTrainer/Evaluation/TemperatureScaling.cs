using System.Numerics.Tensors;

namespace ImageTrainer.Evaluation;

/// <summary>
/// Calibration by one number: probabilities are softmax(logits / T), with T fitted on predictions the model was not trained on
/// (Guo et al. 2017, section 4.2). Never changes which class is predicted.
/// </summary>
internal static class TemperatureScaling
{
    /// <summary>The lowest temperature considered.</summary>
    public const double MinTemperature = 0.05;

    /// <summary>The highest temperature considered.</summary>
    public const double MaxTemperature = 20;

    /// <summary>
    /// Weight of the wish that T be 1, as if that many images had said so. A few hundred outweigh it; without it, held-out predictions that
    /// happen to be all correct would drive T to its lower bound, and the first error in use would be made with full certainty.
    /// </summary>
    private const double PriorWeight = 4;

    private const int GridCount = 24;
    private const double LogTolerance = 1e-5;

    /// <summary>Finds T in [0.05, 20] that minimises the weighted sum of negative log-likelihoods plus (4 / 2) * ln(T)^2.</summary>
    /// <param name="logits">[N, K], row-major, finite, of images the model was not trained on.</param>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K, 1 or more.</param>
    /// <param name="weights">[N], how much each image counts, 0 or more; empty where all count 1.</param>
    /// <returns>T; 1 where no image counts.</returns>
    /// <exception cref="ArgumentException">Logits, labels, weights and class count do not go together.</exception>
    public static double Fit(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classCount, ReadOnlySpan<float> weights = default)
    {
        Check(logits, labels, classCount, weights);
        if (WeightOf(labels, weights) is not > 0)
            return 1;
        double step = Math.Log(MaxTemperature / MinTemperature) / GridCount;
        double best = 0;
        double lowest = double.PositiveInfinity;
        for (int i = 0; i <= GridCount; i++)
        {
            double candidate = Math.Log(MinTemperature) + (i * step);
            double value = Objective(logits, labels, classCount, weights, candidate);
            if (value < lowest)
                (best, lowest) = (candidate, value);
        }

        double lower = Math.Max(Math.Log(MinTemperature), best - step);
        double upper = Math.Min(Math.Log(MaxTemperature), best + step);
        return Math.Exp(GoldenSection(logits, labels, classCount, weights, (lower, upper)));
    }

    /// <summary>Weighted mean of the labels' negative log-likelihoods under softmax(logits / T), in nats.</summary>
    /// <param name="logits">[N, K], row-major.</param>
    /// <param name="labels">[N], each 0 to K - 1, one at least.</param>
    /// <param name="classCount">K.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <param name="weights">[N], how much each image counts, 0 or more and one of them above; empty where all count 1.</param>
    /// <exception cref="ArgumentException">Logits, labels, weights and class count do not go together.</exception>
    public static double LogLoss(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classCount, double temperature, ReadOnlySpan<float> weights = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        Check(logits, labels, classCount, weights);
        double[] scaled = new double[classCount];
        double sum = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            double weight = weights.IsEmpty ? 1 : weights[row];
            if (weight == 0)
                continue;
            TensorPrimitives.ConvertTruncating(logits.Slice(row * classCount, classCount), scaled);
            TensorPrimitives.Divide(scaled, temperature, scaled);
            double own = scaled[labels[row]];
            double largest = TensorPrimitives.Max<double>(scaled);
            TensorPrimitives.Subtract(scaled, largest, scaled);
            TensorPrimitives.Exp<double>(scaled, scaled);
            sum += weight * (Math.Log(TensorPrimitives.Sum<double>(scaled)) + largest - own);
        }

        return sum / WeightOf(labels, weights);
    }

    private static double WeightOf(ReadOnlySpan<int> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
            sum += weight;
        return weights.IsEmpty ? labels.Length : sum;
    }

    private static double Objective(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classCount, ReadOnlySpan<float> weights, double logTemperature) =>
        LogLoss(logits, labels, classCount, Math.Exp(logTemperature), weights)
        + (PriorWeight / 2 * logTemperature * logTemperature / WeightOf(labels, weights));

    private static double GoldenSection(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classCount, ReadOnlySpan<float> weights, (double Lower, double Upper) bounds)
    {
        (double lower, double upper) = bounds;
        double ratio = (Math.Sqrt(5) - 1) / 2;
        double left = upper - (ratio * (upper - lower));
        double right = lower + (ratio * (upper - lower));
        double leftValue = Objective(logits, labels, classCount, weights, left);
        double rightValue = Objective(logits, labels, classCount, weights, right);
        while (upper - lower > LogTolerance)
        {
            if (leftValue <= rightValue)
            {
                (upper, right, rightValue) = (right, left, leftValue);
                left = upper - (ratio * (upper - lower));
                leftValue = Objective(logits, labels, classCount, weights, left);
            }
            else
            {
                (lower, left, leftValue) = (left, right, rightValue);
                right = lower + (ratio * (upper - lower));
                rightValue = Objective(logits, labels, classCount, weights, right);
            }
        }

        return (lower + upper) / 2;
    }

    private static void Check(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classCount, ReadOnlySpan<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (logits.Length != (long)labels.Length * classCount)
            throw new ArgumentException($"{logits.Length} logits do not make {labels.Length} rows of {classCount}.", nameof(logits));
        if (!weights.IsEmpty && weights.Length != labels.Length)
            throw new ArgumentException($"{weights.Length} weights do not go with {labels.Length} labels.", nameof(weights));
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)classCount)
                throw new ArgumentException($"Label {label} is not 0 to {classCount - 1}.", nameof(labels));
        }
    }
}
