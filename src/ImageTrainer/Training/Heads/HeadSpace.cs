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
