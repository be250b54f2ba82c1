using System.Numerics;
using ImageTrainer.Imaging;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>What a plain camera makes of the light: exposure, vignetting, a little blur, sensor noise, and sRGB bytes.</summary>
internal static class Camera
{
    /// <summary>Takes the picture.</summary>
    /// <param name="light">[size, size], linear; overwritten.</param>
    /// <param name="size">Width and height in pixels.</param>
    /// <param name="random">The numbers of this part.</param>
    public static RgbImage Expose(Vector3[] light, int size, SplittableRandom random)
    {
        float exposure = random.Between(0.17f, 0.3f) / Mean(light);
        float vignetting = random.Between(0, 0.3f);
        float shotNoise = random.Between(0.004f, 0.016f);
        Blur(light, size, random.Between(0.35f, 0.85f) * size / 224);
        byte[] pixels = new byte[light.Length * 3];
        for (int i = 0; i < light.Length; i++)
        {
            Vector2 fromCentre = (new Vector2(i % size, i / size) * (2f / size)) - Vector2.One;
            Vector3 value = light[i] * (exposure * (1 - (vignetting * 0.5f * fromCentre.LengthSquared())));
            // The noise of counting photons grows with the root of their number.
            float grey = random.Normal();
            Vector3 noise = new(grey + (0.4f * random.Normal()), grey, grey + (0.4f * random.Normal()));
            Store(pixels.AsSpan(i * 3), value + (noise * (shotNoise * MathF.Sqrt(value.Y + 0.02f))));
        }

        return new RgbImage(size, size, pixels);
    }

    private static float Mean(Vector3[] light)
    {
        float sum = 0;
        foreach (Vector3 value in light)
            sum += value.Y;
        return sum / light.Length;
    }

    private static void Blur(Vector3[] light, int size, float sigma)
    {
        float[] weights = BlurWeights(sigma);
        var line = new Vector3[size];
        for (int k = 0; k < size; k++)
            BlurLine(light.AsSpan(k * size), 1, line, weights);
        for (int k = 0; k < size; k++)
            BlurLine(light.AsSpan(k), size, line, weights);
    }

    // Half a Gaussian, from its middle outwards; the whole sums to 1.
    private static float[] BlurWeights(float sigma)
    {
        int reach = (int)MathF.Ceiling(2.5f * sigma);
        float[] weights = new float[reach + 1];
        float total = 0;
        for (int k = 0; k <= reach; k++)
        {
            weights[k] = MathF.Exp(-k * k / (2 * sigma * sigma));
            total += k == 0 ? weights[k] : 2 * weights[k];
        }

        for (int k = 0; k <= reach; k++)
            weights[k] /= total;
        return weights;
    }

    private static void BlurLine(Span<Vector3> light, int stride, Vector3[] line, float[] weights)
    {
        for (int k = 0; k < line.Length; k++)
            line[k] = light[k * stride];
        for (int k = 0; k < line.Length; k++)
        {
            Vector3 sum = weights[0] * line[k];
            for (int offset = 1; offset < weights.Length; offset++)
                sum += weights[offset] * (line[Math.Max(k - offset, 0)] + line[Math.Min(k + offset, line.Length - 1)]);
            light[k * stride] = sum;
        }
    }

    private static void Store(Span<byte> pixel, Vector3 value)
    {
        pixel[0] = Encode(value.X);
        pixel[1] = Encode(value.Y);
        pixel[2] = Encode(value.Z);
    }

    // IEC 61966-2-1, after a shoulder that rolls highlights off as film does instead of clipping them.
    private static byte Encode(float linear)
    {
        float value = Math.Max(0, linear);
        if (value > 0.6f)
            value = 0.6f + (0.4f * (1 - MathF.Exp((0.6f - value) / 0.4f)));
        float encoded = value <= 0.0031308f ? 12.92f * value : (1.055f * MathF.Pow(value, 1 / 2.4f)) - 0.055f;
        return (byte)((encoded * 255) + 0.5f);
    }
}
