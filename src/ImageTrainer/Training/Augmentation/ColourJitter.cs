using System.Numerics.Tensors;

namespace ImageTrainer.Training.Augmentation;

/// <summary>Changes brightness, contrast and saturation a little, each by a factor of its own.</summary>
internal static class ColourJitter
{
    // ITU-R BT.601 luma.
    private static readonly float[] GreyWeights = [0.299f, 0.587f, 0.114f];

    /// <summary>Changes a picture in place.</summary>
    /// <param name="pixels">[3, H, W], 0..255.</param>
    /// <param name="change">Greatest change of each factor from 1.</param>
    /// <param name="random">Draws the factors.</param>
    public static void Apply(Span<float> pixels, float change, SplittableRandom random)
    {
        float brightness = random.Between(1 - change, 1 + change);
        float contrast = random.Between(1 - change, 1 + change);
        float saturation = random.Between(1 - change, 1 + change);
        if (change == 0) return;
        float[] grey = new float[pixels.Length / 3];
        for (int channel = 0; channel < 3; channel++)
            TensorPrimitives.MultiplyAdd(pixels.Slice(channel * grey.Length, grey.Length), GreyWeights[channel], grey, grey);
        float mean = TensorPrimitives.Sum<float>(grey) / grey.Length;
        for (int channel = 0; channel < 3; channel++)
        {
            Span<float> plane = pixels.Slice(channel * grey.Length, grey.Length);
            // saturation: grey + s (p - grey); contrast: mean + c (p - mean); brightness: b p
            TensorPrimitives.Subtract(plane, grey, plane);
            TensorPrimitives.MultiplyAdd(plane, saturation, grey, plane);
            TensorPrimitives.Multiply(plane, brightness * contrast, plane);
            TensorPrimitives.Add(plane, brightness * (1 - contrast) * mean, plane);
        }

        TensorPrimitives.Max(pixels, 0, pixels);
        TensorPrimitives.Min(pixels, 255, pixels);
    }
}
