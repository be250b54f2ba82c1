using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

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
