namespace ImageTrainer.Training;

/// <summary>How much an image of each class counts while a head is fitted.</summary>
public enum ClassWeights
{
    /// <summary>Every image counts the same, so large classes weigh more.</summary>
    None,

    /// <summary>
    /// An image of class k counts n / (K * n_k), so every class weighs the same in all: for data sets whose imbalance is an
    /// accident of collecting rather than what the model will meet.
    /// </summary>
    Balanced,
}

/// <summary>How much each image counts.</summary>
internal static class RowWeights
{
    /// <summary>
    /// 1 each or, balanced, N / (K' n): n images of the same class, K' classes with images. Either way they add up to N.
    /// </summary>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K.</param>
    /// <param name="classWeights">Which.</param>
    /// <returns>[N].</returns>
    public static float[] Of(ReadOnlySpan<int> labels, int classCount, ClassWeights classWeights)
    {
        float[] weights = new float[labels.Length];
        if (classWeights == ClassWeights.None)
        {
            Array.Fill(weights, 1);
            return weights;
        }

        int[] counts = new int[classCount];
        foreach (int label in labels) counts[label]++;
        int presentCount = counts.Count(count => count > 0);
        for (int row = 0; row < weights.Length; row++)
            weights[row] = (float)((double)labels.Length / presentCount / counts[labels[row]]);
        return weights;
    }
}
