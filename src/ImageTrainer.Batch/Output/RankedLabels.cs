namespace ImageTrainer.Batch.Output;

/// <summary>Finds the likeliest labels of a row.</summary>
internal static class RankedLabels
{
    /// <summary>Indices of the largest scores, largest first; of equals the first.</summary>
    /// <param name="score">[K].</param>
    /// <param name="count">How many, 1 or more; all where there are fewer.</param>
    public static int[] Top(ReadOnlySpan<float> score, int count)
    {
        float[] values = score.ToArray();
        if (count == 1) return [IndexOfLargest(score)];
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(index => values[index]).Take(count)];
    }

    private static int IndexOfLargest(ReadOnlySpan<float> score)
    {
        int best = 0;
        for (int i = 1; i < score.Length; i++)
        {
            if (score[i] > score[best]) best = i;
        }

        return best;
    }
}
