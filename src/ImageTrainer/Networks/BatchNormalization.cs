using System.Numerics.Tensors;

namespace ImageTrainer.Networks;

/// <summary>
/// BatchNorm as it acts in inference: y = gamma (x - mean) / sqrt(variance + epsilon) + beta per channel
/// ("Batch Normalization", Ioffe and Szegedy, 2015, algorithm 2).
/// </summary>
/// <param name="Gamma">Scale, [M].</param>
/// <param name="Beta">Shift, [M].</param>
/// <param name="Mean">Running mean, [M].</param>
/// <param name="Variance">Running variance, [M], not negative.</param>
internal sealed record BatchNormalization(float[] Gamma, float[] Beta, float[] Mean, float[] Variance)
{
    /// <summary>torchvision's epsilon.</summary>
    public const double StandardEpsilon = 1e-5;

    /// <summary>What keeps the root from 0; default <see cref="StandardEpsilon"/>.</summary>
    public double Epsilon { get; init; } = StandardEpsilon;

    /// <summary>What folding multiplies each output channel of the kernel by: s = gamma / sqrt(variance + epsilon), [M].</summary>
    public float[] Scales => [.. Enumerable.Range(0, Gamma.Length).Select(channel => (float)ScaleOf(channel))];

    /// <summary>
    /// Folds the normalisation into the convolution before it: output channel m of the kernel is multiplied by
    /// s = gamma / sqrt(variance + epsilon), and beta - s mean becomes the bias. s is worked out in double precision, so that folding
    /// again what has been folded already (mean 0, variance 1 - epsilon) changes no bit.
    /// </summary>
    /// <param name="kernel">[M, C, k, k] without bias; scaled in place.</param>
    /// <returns>The bias, [M].</returns>
    public float[] FoldInto(Span<float> kernel)
    {
        float[] bias = new float[Gamma.Length];
        int length = kernel.Length / Gamma.Length;
        for (int channel = 0; channel < Gamma.Length; channel++)
        {
            double scale = ScaleOf(channel);
            Span<float> filter = kernel.Slice(channel * length, length);
            TensorPrimitives.Multiply(filter, (float)scale, filter);
            bias[channel] = (float)(Beta[channel] - (scale * Mean[channel]));
        }

        return bias;
    }

    private double ScaleOf(int channel) => Gamma[channel] / Math.Sqrt(Variance[channel] + Epsilon);
}
