using System.Numerics.Tensors;
using ImageTrainer.Featurizing;
using ImageTrainer.Models;

namespace ImageTrainer.Quantizing;

/// <summary>Whether an int8 network is as good as the fp32 network it was made from.</summary>
internal static class ParityCheck
{
    /// <summary>Least share of images that have to get the same label.</summary>
    public const double LeastAgreement = 0.97;

    /// <summary>Greatest loss of accuracy; a standard error of the difference is allowed where that is more.</summary>
    public const double GreatestLoss = 0.005;

    /// <summary>
    /// Least mean cosine of features. A few easy images can get the right labels from a broken network, whose head was fitted on what it
    /// gives: sound ones were measured at 0.995 and more, one with outliers at 0.28.
    /// </summary>
    public const double LeastCosine = 0.95;

    /// <summary>
    /// Mean cosine of features from which no layer is at fault: what labels change then, the rounding of all layers together changes, and
    /// a few layers in fp32 would not help.
    /// </summary>
    public const double SoundCosine = 0.99;

    /// <summary>Compares two networks' features of the same images under one head.</summary>
    /// <param name="int8">[N, D].</param>
    /// <param name="fp32">[N, D].</param>
    /// <param name="score">Gives [N, K] logits for features.</param>
    /// <param name="labels">[N], the right classes.</param>
    public static ParityRecord Compare(FeatureMatrix int8, FeatureMatrix fp32, Func<FeatureMatrix, float[]> score, ReadOnlySpan<int> labels)
    {
        (int[] int8Labels, int[] fp32Labels) = (Predict(int8, score), Predict(fp32, score));
        (int agreed, int int8Right, int fp32Right, double cosine) = (0, 0, 0, 0);
        for (int i = 0; i < labels.Length; i++)
        {
            agreed += int8Labels[i] == fp32Labels[i] ? 1 : 0;
            int8Right += int8Labels[i] == labels[i] ? 1 : 0;
            fp32Right += fp32Labels[i] == labels[i] ? 1 : 0;
            cosine += Cosine(int8.Row(i), fp32.Row(i));
        }

        double count = labels.Length;
        return new ParityRecord(labels.Length, agreed / count, int8Right / count, fp32Right / count, cosine / count);
    }

    /// <summary>Whether int8 may take fp32's place.</summary>
    public static bool Holds(ParityRecord parity) =>
        parity.LabelAgreement >= LeastAgreement
        && parity.FeatureCosine >= LeastCosine
        && parity.Fp32Accuracy - parity.Int8Accuracy <= Math.Max(GreatestLoss, StandardError(parity));

    /// <summary>Whether more images, up to a number, can still bring the agreement to what is asked for.</summary>
    /// <param name="parity">The comparison so far.</param>
    /// <param name="mostImageCount">How many images there can be in the end.</param>
    public static bool CanStillHold(ParityRecord parity, int mostImageCount) =>
        parity.ImageCount * (1 - parity.LabelAgreement) <= mostImageCount * (1 - LeastAgreement);

    /// <summary>
    /// Of the difference between two shares of the same images: only those that get different labels can differ, each by 1 in N.
    /// </summary>
    private static double StandardError(ParityRecord parity) =>
        Math.Sqrt((1 - parity.LabelAgreement) / parity.ImageCount);

    /// <summary>Behind a ReLU an image may have no feature above 0.</summary>
    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        bool isZeroA = !a.ContainsAnyExcept(0f), isZeroB = !b.ContainsAnyExcept(0f);
        if (isZeroA || isZeroB) return isZeroA == isZeroB ? 1 : 0;
        return TensorPrimitives.CosineSimilarity(a, b);
    }

    private static int[] Predict(FeatureMatrix features, Func<FeatureMatrix, float[]> score)
    {
        float[] logits = score(features);
        if (features.RowCount == 0) return [];
        return [.. logits.Chunk(logits.Length / features.RowCount).Select(row => TensorPrimitives.IndexOfMax<float>(row))];
    }
}
