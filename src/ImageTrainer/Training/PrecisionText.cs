using System.Globalization;
using ImageTrainer.Models;

namespace ImageTrainer.Training;

/// <summary>Says why a network computes in the arithmetic it does.</summary>
internal static class PrecisionText
{
    /// <summary>The choice that a trial has led to, in one clause.</summary>
    public static PrecisionChoice Describe(PrecisionTrial trial, ParityVerdict verdict, NetworkPrecision wanted)
    {
        string comparison = verdict.Parity is { } parity ? Compare(parity) : "no image was left to check it on";
        if (verdict.Network is null)
            return new PrecisionChoice(
                NetworkPrecision.Fp32, verdict.Parity is null ? "too few of the images to check int8 on can be read" : $"int8 differs too much from fp32: {comparison}");
        string asked = wanted == NetworkPrecision.Int8 ? "asked for; " : "";
        string kept = verdict.Fp32Layers.Count == 0 ? "" : $"; in fp32 stay {string.Join(", ", verdict.Fp32Layers)}";
        string bits = trial.WeightBits == 8 ? "" : "; 7-bit weights, since this processor is not exact with 8";
        return new PrecisionChoice(NetworkPrecision.Int8, asked + comparison + kept + bits, trial.Describe(verdict));
    }

    private static string Compare(ParityRecord parity) => string.Create(
        CultureInfo.InvariantCulture,
        $"{parity.LabelAgreement:0.0%} of {parity.ImageCount} images get the label they get in fp32, accuracy {parity.Int8Accuracy:0.000} against {parity.Fp32Accuracy:0.000}, cosine of features {parity.FeatureCosine:0.000}");
}
