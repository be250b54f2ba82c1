using ImageTrainer.Featurizing;

namespace ImageTrainer.Training.Heads;

/// <summary>The data of a fit, checked and measured once.</summary>
/// <param name="Features">[N, D], finite.</param>
/// <param name="Labels">[N], each 0 to K - 1.</param>
/// <param name="ClassCount">K.</param>
/// <param name="RowWeights">[N], how much each image counts, above 0.</param>
/// <param name="Standardization">Measured over all rows: the labels have no part in it, so folds may share it.</param>
/// <param name="Parallel">Threads and cancellation.</param>
internal sealed record HeadProblem(
    FeatureMatrix Features,
    int[] Labels,
    int ClassCount,
    float[] RowWeights,
    FeatureStandardization Standardization,
    ParallelOptions Parallel)
{
    /// <summary>The rows' weights summed.</summary>
    public double WeightOf(ReadOnlySpan<int> rows)
    {
        double sum = 0;
        foreach (int row in rows)
            sum += RowWeights[row];
        return sum;
    }
}
