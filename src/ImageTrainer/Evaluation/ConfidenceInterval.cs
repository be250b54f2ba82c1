namespace ImageTrainer.Evaluation;

/// <summary>The range in which a share lies that was measured on some images and is meant for all.</summary>
/// <param name="Lower">Lower end, 0 to 1.</param>
/// <param name="Upper">Upper end, 0 to 1.</param>
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    // Quantile 0.975 of the normal distribution.
    private const double Z = 1.959963984540054;

    /// <summary>
    /// The 95 % score interval of a share k / n: (p + z^2/2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2/n) with p = k / n and z =
    /// 1.96. Unlike p -+ 1.96 standard errors it holds for few images and for shares near 0 and 1. E. B. Wilson, "Probable inference, the
    /// law of succession, and statistical inference", JASA 22, 1927.
    /// </summary>
    /// <param name="count">k, 0 to n.</param>
    /// <param name="totalCount">n, 1 or more.</param>
    internal static ConfidenceInterval Wilson(int count, int totalCount)
    {
        double n = totalCount;
        double p = count / n;
        double centre = p + Z * Z / (2 * n);
        double halfWidth = Z * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        double scale = 1 + Z * Z / n;
        // Rounding may leave the ends a hair outside.
        return new ConfidenceInterval(Math.Max(0, (centre - halfWidth) / scale), Math.Min(1, (centre + halfWidth) / scale));
    }
}
