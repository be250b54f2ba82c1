namespace ImageTrainer.Quantizing;

/// <summary>
/// How real numbers become bytes: q = clamp(round(x / scale) + zeroPoint, 0, 255), and back: x = (q - zeroPoint) * scale
/// ("Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", Jacob et al., 2018, equation 1).
/// </summary>
/// <param name="Scale">Size of a step, above 0.</param>
/// <param name="ZeroPoint">The byte that stands for 0: padding with zeros stays exact.</param>
internal readonly record struct QuantizationRange(float Scale, byte ZeroPoint)
{
    /// <summary>The range that reaches from <paramref name="low"/> to <paramref name="high"/>, moved so that 0 is one of its 256 numbers.</summary>
    /// <param name="low">0 or less.</param>
    /// <param name="high">0 or more.</param>
    public static QuantizationRange Between(double low, double high)
    {
        double scale = (high - low) / byte.MaxValue;
        return scale > 0 && float.IsNormal((float)scale)
            ? new QuantizationRange((float)scale, (byte)Math.Clamp(Math.Round(-low / scale), 0, byte.MaxValue))
            : new QuantizationRange(1, 0);
    }
}
