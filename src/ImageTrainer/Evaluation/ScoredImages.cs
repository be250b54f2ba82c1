namespace ImageTrainer.Evaluation;

/// <summary>The scores of N images read off row by row: what is predicted, with which confidence, and where the truth ranks.</summary>
internal sealed class ScoredImages
{
    // ML.NET's MulticlassClassificationEvaluator clamps at this probability, so that one confident mistake does not make the mean infinite.
    private const double MinProbability = 1e-15;

    /// <summary>Reads scores.</summary>
    /// <param name="scores">Probabilities [N, K], row-major.</param>
    /// <param name="labels">N true classes, 0 to K - 1.</param>
    /// <param name="classCount">K.</param>
    /// <exception cref="ArgumentException">Sizes do not agree, there are no images, a label is out of range, or a score is no
    /// probability.</exception>
    public ScoredImages(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, int classCount)
    {
        if (labels.IsEmpty || classCount == 0 || scores.Length != (long)labels.Length * classCount)
            throw new ArgumentException($"{scores.Length} scores make no {labels.Length} rows of {classCount}, one or more.", nameof(scores));
        Predicted = new int[labels.Length];
        Ranks = new int[labels.Length];
        Confidences = new float[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classCount)
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"Label {i} must be a position from 0 to {classCount - 1}.");
            ReadOnlySpan<float> row = RequireProbabilities(scores.Slice(i * classCount, classCount), i);
            Predicted[i] = IndexOfHighest(row);
            Confidences[i] = row[Predicted[i]];
            Ranks[i] = RankOf(labels[i], row);
            LogLoss -= Math.Log(Math.Clamp(row[labels[i]], MinProbability, 1)) / labels.Length;
        }
    }

    /// <summary>Position of the highest score of each image, the first of equal ones.</summary>
    public int[] Predicted { get; }

    /// <summary>The score of the predicted class of each image.</summary>
    public float[] Confidences { get; }

    /// <summary>How many classes stand before the true one when they are ordered by score; 0 where the prediction is right.</summary>
    public int[] Ranks { get; }

    /// <summary>Mean of -ln(probability of the true class).</summary>
    public double LogLoss { get; }

    // A little over 1 is rounding of a softmax in float.
    private static ReadOnlySpan<float> RequireProbabilities(ReadOnlySpan<float> row, int image)
    {
        foreach (float score in row)
        {
            if (score is not (>= 0 and <= 1.0001f))
                throw new ArgumentException($"Image {image} has the score {score}, which is no probability.", nameof(row));
        }

        return row;
    }

    private static int IndexOfHighest(ReadOnlySpan<float> row)
    {
        int highest = 0;
        for (int k = 1; k < row.Length; k++)
        {
            if (row[k] > row[highest])
                highest = k;
        }

        return highest;
    }

    // Equal scores stand in the order of the classes, so that rank 0 and "predicted" mean the same.
    private static int RankOf(int label, ReadOnlySpan<float> row)
    {
        int rank = 0;
        for (int k = 0; k < row.Length; k++)
        {
            if (row[k] > row[label] || (row[k] == row[label] && k < label))
                rank++;
        }

        return rank;
    }
}
