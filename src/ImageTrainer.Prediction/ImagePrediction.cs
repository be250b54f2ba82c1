using System.Text.Json.Serialization;
using ImageTrainer.Imaging;

namespace ImageTrainer;

/// <summary>One label with its probability.</summary>
/// <param name="Label">The label, exactly as in the training data.</param>
/// <param name="Probability">0 to 1.</param>
public readonly record struct LabelProbability(string Label, float Probability);

/// <summary>What a model says of one image. Immutable. System.Text.Json writes it, but cannot read it back.</summary>
public sealed class ImagePrediction
{
    private readonly float[] _score;
    private readonly IReadOnlyList<string> _labels;

    internal ImagePrediction(float[] score, IReadOnlyList<string> labels)
    {
        _score = score;
        _labels = labels;
        PredictedIndex = IndexOfLargest(score);
    }

    /// <summary>Makes a prediction by hand, for tests of applications.</summary>
    /// <param name="labels">The K labels, 1 or more.</param>
    /// <param name="scores">The probability of each, 0 to 1, in the same order.</param>
    /// <exception cref="ArgumentException">There are no labels, or not one score a label.</exception>
    public static ImagePrediction Create(IReadOnlyList<string> labels, IReadOnlyList<float> scores)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(scores);
        if (labels.Count == 0 || labels.Count != scores.Count)
            throw new ArgumentException($"There are {labels.Count} labels and {scores.Count} scores; give one score a label.", nameof(scores));
        return new ImagePrediction([.. scores], [.. labels]);
    }

    /// <summary>The label with the highest probability; of equals, the first in label order.</summary>
    public string PredictedLabel => _labels[PredictedIndex];

    /// <summary>Its probability, 0 to 1, calibrated on held-out images.</summary>
    public float Probability => _score[PredictedIndex];

    /// <summary>Its place in label order, from 0.</summary>
    public int PredictedIndex { get; }

    /// <summary>The probability of every label, [K], in the order of <see cref="ImagePredictionEngine.Labels"/>; they sum to 1.</summary>
    [JsonIgnore]
    public ReadOnlySpan<float> Score => _score;

    /// <summary>The same as a list: a span can be kept in no field and written to no JSON.</summary>
    public IReadOnlyList<float> Scores => Array.AsReadOnly(_score);

    /// <summary>The most probable labels, best first; all of them where there are fewer than <paramref name="count"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    public IReadOnlyList<LabelProbability> TopK(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (count == 1) return [new LabelProbability(PredictedLabel, Probability)];
        return Enumerable.Range(0, _score.Length)
            .OrderByDescending(index => _score[index])
            .Take(count)
            .Select(index => new LabelProbability(_labels[index], _score[index]))
            .ToArray();
    }

    /// <summary>Gives the label and its probability: "rose (97.1 %)".</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{PredictedLabel} ({100 * Probability:0.0} %)");

    private static int IndexOfLargest(float[] score)
    {
        int best = 0;
        for (int i = 1; i < score.Length; i++)
        {
            if (score[i] > score[best]) best = i;
        }

        return best;
    }
}

/// <summary>One image of a batch: its prediction, or why it could not be read.</summary>
/// <param name="Path">Path as the caller gave it; empty where the image came from memory or a stream.</param>
/// <param name="Prediction">The prediction, or null where the image could not be read.</param>
/// <param name="Error">Why it could not be read, or null; not in JSON, which exceptions do not go into.</param>
public sealed record ImagePredictionResult(string Path, ImagePrediction? Prediction, [property: JsonIgnore] ImageDecodeException? Error)
{
    /// <summary>The error's message, or null.</summary>
    public string? ErrorMessage => Error?.Message;
}
