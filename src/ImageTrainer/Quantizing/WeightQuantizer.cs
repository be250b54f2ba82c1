using System.Numerics.Tensors;

namespace ImageTrainer.Quantizing;

/// <summary>A layer's numbers as integers.</summary>
/// <param name="Kernel">[M, C, k, k], signed bytes.</param>
/// <param name="KernelScales">[M]: what one step of each output channel's kernel is worth.</param>
/// <param name="Bias">[M], in steps of <paramref name="BiasScales"/>.</param>
/// <param name="BiasScales">[M]: kernel scale times the input's scale, so that products and bias add up as integers.</param>
internal sealed record QuantizedLayer(sbyte[] Kernel, float[] KernelScales, int[] Bias, float[] BiasScales);

/// <summary>Turns a convolution's kernel into symmetric 8-bit integers, one scale for each output channel.</summary>
internal static class WeightQuantizer
{
    /// <summary>Half of the 32 bits, so that the sum of products has room beside the bias.</summary>
    private const double LargestBias = 1 << 30;

    /// <summary>Quantizes a layer.</summary>
    /// <param name="kernel">[M, ...], finite.</param>
    /// <param name="bias">[M], finite.</param>
    /// <param name="inputScale">Scale of the activation that the layer takes.</param>
    /// <param name="bits">8 uses -127..127; 7 uses -63..63, which no x86 CPU's 16-bit sums of two products can overflow.</param>
    public static QuantizedLayer Quantize(ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias, float inputScale, int bits)
    {
        int channelCount = bias.Length, length = kernel.Length / channelCount;
        int largest = Largest(bits);
        var layer = new QuantizedLayer(new sbyte[kernel.Length], new float[channelCount], new int[channelCount], new float[channelCount]);
        float[] steps = new float[length];
        for (int channel = 0; channel < channelCount; channel++)
        {
            ReadOnlySpan<float> filter = kernel.Slice(channel * length, length);
            float scale = Scale(filter, largest, bias[channel], inputScale);
            layer.KernelScales[channel] = scale;
            layer.BiasScales[channel] = scale * inputScale;
            layer.Bias[channel] = (int)Math.Round(bias[channel] / ((double)scale * inputScale));
            Round(filter, scale, largest, steps);
            for (int i = 0; i < length; i++) layer.Kernel[(channel * length) + i] = (sbyte)steps[i];
        }

        return layer;
    }

    /// <summary>Root mean square of what rounding changes, over the root mean square of the kernel; 0 for a kernel of zeros.</summary>
    /// <param name="kernel">[M, ...], finite.</param>
    /// <param name="channelCount">M.</param>
    /// <param name="bits">7 or 8.</param>
    public static double Error(ReadOnlySpan<float> kernel, int channelCount, int bits)
    {
        int length = kernel.Length / channelCount;
        int largest = Largest(bits);
        (double error, double power) = (0, 0);
        float[] rounded = new float[length];
        for (int channel = 0; channel < channelCount; channel++)
        {
            ReadOnlySpan<float> filter = kernel.Slice(channel * length, length);
            float scale = Scale(filter, largest, bias: 0, inputScale: 1);
            Round(filter, scale, largest, rounded);
            TensorPrimitives.Multiply(rounded, scale, rounded);
            TensorPrimitives.Subtract(filter, rounded, rounded);
            error += TensorPrimitives.SumOfSquares<float>(rounded);
            power += TensorPrimitives.SumOfSquares(filter);
        }

        return power > 0 ? Math.Sqrt(error / power) : 0;
    }

    private static int Largest(int bits) => (1 << (bits - 1)) - 1;

    /// <summary>A channel whose kernel is all but zero still has a bias that must fit.</summary>
    private static float Scale(ReadOnlySpan<float> filter, int largest, float bias, float inputScale)
    {
        float magnitude = Math.Abs(TensorPrimitives.MaxMagnitude(filter));
        double least = Math.Abs(bias) / (inputScale * LargestBias);
        float scale = (float)Math.Max(magnitude / (double)largest, least);
        return float.IsNormal(scale) ? scale : 1;
    }

    private static void Round(ReadOnlySpan<float> filter, float scale, int largest, Span<float> steps)
    {
        TensorPrimitives.Divide(filter, scale, steps);
        TensorPrimitives.Round(steps, steps);
        TensorPrimitives.Max(steps, -largest, steps);
        TensorPrimitives.Min(steps, largest, steps);
    }
}
