using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// A way to write down a head while it is sought. A point ends in the K biases; what stands before them is the space's own affair.
/// Points may be averaged, and zeros are the head without weights.
/// </summary>
internal abstract class HeadSpace
{
    /// <summary>Images up to this count are few enough for an [N, N] matrix of their products to cost next to nothing.</summary>
    private const int MaxRowSpaceRowCount = 2048;

    /// <summary>The space in which this problem is solved fastest; the solution is the same in either.</summary>
    public static HeadSpace For(HeadProblem problem) =>
        problem.Features.RowCount <= Math.Min(MaxRowSpaceRowCount, problem.Features.ColumnCount)
            ? new RowSpace(problem)
            : new FeatureSpace(problem);

    /// <summary>The regularised mean cross-entropy over some of the rows.</summary>
    /// <param name="rows">Row indices, ascending.</param>
    public abstract HeadObjective Objective(int[] rows);

    /// <summary>Writes the logits of some rows.</summary>
    /// <param name="point">A head.</param>
    /// <param name="rows">Row indices.</param>
    /// <param name="logits">[N, K]; only the named rows are written.</param>
    public abstract void Score(float[] point, int[] rows, float[] logits);

    /// <summary>The head's weights on standardised features: [K, padded D].</summary>
    public abstract float[] StandardizedWeights(float[] point);
}

/// <summary>A smooth convex function of a point, as <see cref="LbfgsMinimizer"/> wants to see it. For one caller at a time.</summary>
internal abstract class HeadObjective
{
    private const int DotBlock = 1024;

    /// <summary>Length of points and gradients.</summary>
    public abstract int Length { get; }

    /// <summary>L2 strength, above 0.</summary>
    public double L2 { get; set; } = 1;

    /// <summary>The value at a point; overwrites <paramref name="gradient"/> with the gradient there.</summary>
    public abstract double Evaluate(float[] point, float[] gradient);

    /// <summary>The inner product in which <see cref="Evaluate"/> gives gradients: for gradient g and step s, value changes by Dot(g, s).</summary>
    public virtual double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right) => SumProducts(left, right);

    /// <summary>A dot product of floats summed in double from blocks of floats: as exact as the search needs at the speed of floats.</summary>
    protected static double SumProducts(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i += DotBlock)
        {
            int length = Math.Min(DotBlock, left.Length - i);
            sum += TensorPrimitives.Dot(left.Slice(i, length), right.Slice(i, length));
        }

        return sum;
    }
}

/// <summary>Where the search for a head begins and when it may end, in any <see cref="HeadSpace"/>.</summary>
internal static class HeadStart
{
    /// <summary>Gradients this much smaller than the first are rounding noise of floats.</summary>
    private const double NoiseShare = 1e-5;

    /// <summary>No weights, and biases that give each class its share of the rows (smoothed, for a class that has none).</summary>
    /// <param name="problem">The data.</param>
    /// <param name="rows">The rows to be fitted on.</param>
    /// <param name="length">Length of a point.</param>
    public static float[] Point(HeadProblem problem, int[] rows, int length)
    {
        double[] weights = new double[problem.ClassCount];
        foreach (int row in rows)
            weights[problem.Labels[row]] += problem.RowWeights[row];
        float[] point = new float[length];
        for (int k = 0; k < weights.Length; k++)
            point[length - weights.Length + k] = (float)Math.Log((weights[k] + 0.5) / (rows.Length + (0.5 * weights.Length)));
        return point;
    }

    /// <summary>The mean of heads: close to the head of all rows where each was fitted on most of them.</summary>
    public static float[] Mean(float[][] points)
    {
        float[] mean = new float[points[0].Length];
        foreach (float[] point in points)
            TensorPrimitives.MultiplyAdd(point, 1f / points.Length, mean, mean);
        return mean;
    }

    /// <summary>Norm of the gradient at a point: the yardstick of how far a search has come.</summary>
    public static double GradientNorm(HeadObjective objective, float[] point)
    {
        float[] gradient = new float[point.Length];
        objective.Evaluate(point, gradient);
        return Math.Sqrt(objective.Dot(gradient, gradient));
    }

    /// <summary>
    /// The gradient's norm that shows a value to be near the optimum: a function with curvature l2 at least is no more than
    /// norm^2 / (2 l2) above it (Nesterov 2004, theorem 2.1.10).
    /// </summary>
    /// <param name="gap">How far above, in nats.</param>
    /// <param name="l2">Strength.</param>
    /// <param name="firstNorm">The gradient's norm for the head without weights.</param>
    public static double GradientTolerance(double gap, double l2, double firstNorm) =>
        Math.Max(Math.Sqrt(2 * l2 * gap), NoiseShare * firstNorm);
}

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
