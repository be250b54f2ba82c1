using System.Numerics;
using ImageTrainer.Imaging;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>
/// A tube lamp near the sheet and the light of the room. Matt reflection after Lambert; the lamp's image on brushed metal is a band
/// across the brushing after Kajiya and Kay ("Rendering Fur with Three Dimensional Textures", SIGGRAPH 1989), and a broad highlight
/// after Blinn. Places are measured in half sides of the picture, the centre being 0.
/// </summary>
internal sealed class Lighting
{
    /// <summary>Where the camera is, in half sides of the picture above its centre.</summary>
    private static readonly Vector3 CameraPlace = new(0, 0, 4);

    /// <summary>The place of the lamp.</summary>
    private readonly Vector3 _lamp;

    /// <summary>Light of the room, over that of the lamp at the centre.</summary>
    private readonly float _room;

    /// <summary>Strength of the lamp's image across the brushing.</summary>
    private readonly float _band;

    /// <summary>Exponent of that image: the greater, the narrower.</summary>
    private readonly float _bandSharpness;

    /// <summary>Strength of the broad highlight, whose exponent is 30.</summary>
    private readonly float _highlight;

    /// <summary>Factor on red, green and blue: warm or cold light.</summary>
    private readonly Vector3 _lampColor;
    private readonly Shadow _shadow;

    /// <summary>Puts up the lamp.</summary>
    public Lighting(SplittableRandom random)
    {
        Vector2 side = random.Between(1f, 1.8f) * Geometry.Direction(random.Angle());
        _lamp = new Vector3(side, random.Between(1.4f, 2.4f));
        _room = random.Between(0.1f, 0.25f);
        _band = random.Between(0.06f, 0.25f);
        _bandSharpness = random.Between(8, 40);
        _highlight = random.Between(0.1f, 0.35f);
        float warmth = random.Between(-0.07f, 0.07f);
        _lampColor = new Vector3(1 + warmth, 1, 1 - warmth);
        _shadow = new Shadow(random.Fork("shadow"));
    }

    /// <summary>The light that reaches the camera: [H, W], red, green and blue, linear, 0 and up.</summary>
    public Vector3[] Illuminate(Surface surface)
    {
        var light = new Vector3[surface.Color.Length];
        for (int y = 0; y < surface.Size; y++)
        {
            for (int x = 0; x < surface.Size; x++)
                light[(y * surface.Size) + x] = Shade(surface, x, y);
        }

        return light;
    }

    /// <summary>
    /// The light of one pixel: colour (room + lit max(0, n l)) + gloss lit (band sin^s(t, h) + highlight max(0, n h)^30), where n is the
    /// normal, l the direction of the lamp, h halfway between lamp and camera, t the brushing laid on the surface, and lit the lamp's
    /// light at the place.
    /// </summary>
    private Vector3 Shade(Surface surface, int x, int y)
    {
        int i = (y * surface.Size) + x;
        Vector3 place = new(((2f * x) / surface.Size) - 1, ((2f * y) / surface.Size) - 1, 0);
        Vector3 normal = Normal(surface.Height, surface.Size, x, y);
        Vector3 toLamp = _lamp - place;
        // A tube lamp: its light falls with the distance, where that of a bulb falls with the square.
        float nearness = _lamp.Length() / toLamp.Length();
        toLamp = Vector3.Normalize(toLamp);
        Vector3 halfway = Vector3.Normalize(toLamp + Vector3.Normalize(CameraPlace - place));

        Vector3 brushing = new(surface.Brushing[i], 0);
        brushing = Vector3.Normalize(brushing - (normal * Vector3.Dot(normal, brushing)));
        float along = Vector3.Dot(brushing, halfway);
        float band = _band * MathF.Pow(Math.Max(0, 1 - (along * along)), _bandSharpness);
        float highlight = _highlight * MathF.Pow(Math.Max(0, Vector3.Dot(normal, halfway)), 30);

        float lit = nearness * _shadow.At(place);
        float matt = _room + (lit * Math.Max(0, Vector3.Dot(normal, toLamp)));
        return ((surface.Color[i] * matt) + new Vector3(surface.Gloss[i] * lit * (band + highlight))) * _lampColor;
    }

    /// <summary>
    /// The surface's normal, of length 1, from central differences of its height; at an edge the pixel itself is its neighbour.
    /// </summary>
    private static Vector3 Normal(float[] height, int size, int x, int y)
    {
        int row = y * size;
        float slopeX = height[row + Math.Min(x + 1, size - 1)] - height[row + Math.Max(x - 1, 0)];
        float slopeY = height[(Math.Min(y + 1, size - 1) * size) + x] - height[(Math.Max(y - 1, 0) * size) + x];
        return Vector3.Normalize(new Vector3(-slopeX / 2, -slopeY / 2, 1));
    }

    /// <summary>Something out of the picture that keeps part of the lamp's light away, with a soft straight edge; often nothing.</summary>
    private readonly struct Shadow
    {
        private readonly Vector2 _normal;
        private readonly float _offset;
        private readonly float _softness;
        private readonly float _depth;

        public Shadow(SplittableRandom random)
        {
            _normal = Geometry.Direction(random.Angle());
            _offset = random.Between(0, 0.8f);
            _softness = random.Between(0.05f, 0.5f);
            _depth = random.Chance(0.25f) ? random.Between(0.1f, 0.3f) : 0;
        }

        public float At(Vector3 place)
        {
            float beyond = (place.X * _normal.X) + (place.Y * _normal.Y) - _offset;
            return 1 - (_depth * Geometry.Step(0, _softness, beyond));
        }
    }
}

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

    /// <summary>Mean of the green light, which stands for brightness.</summary>
    private static float Mean(Vector3[] light)
    {
        float sum = 0;
        foreach (Vector3 value in light)
            sum += value.Y;
        return sum / light.Length;
    }

    /// <summary>A Gaussian blur in place, rows first, then columns: the two-dimensional Gaussian is the product of both.</summary>
    /// <param name="light">[size, size].</param>
    /// <param name="size">Width and height in pixels.</param>
    /// <param name="sigma">Standard deviation in pixels.</param>
    private static void Blur(Vector3[] light, int size, float sigma)
    {
        float[] weights = BlurWeights(sigma);
        var line = new Vector3[size];
        for (int k = 0; k < size; k++)
            BlurLine(light.AsSpan(k * size), 1, line, weights);
        for (int k = 0; k < size; k++)
            BlurLine(light.AsSpan(k), size, line, weights);
    }

    /// <summary>The weights of the blur. Half a Gaussian, from its middle outwards; the whole sums to 1.</summary>
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

    /// <summary>Blurs one row or column; beyond its ends its last pixels go on.</summary>
    /// <param name="light">From the line's first pixel on.</param>
    /// <param name="stride">Pixels from one of the line to the next.</param>
    /// <param name="line">Room for a copy of the line.</param>
    /// <param name="weights">Half a Gaussian, as <see cref="BlurWeights"/> gives it.</param>
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

    /// <summary>
    /// Linear light as a byte of sRGB, rounded to the nearest. IEC 61966-2-1, after a shoulder that rolls highlights off as film does
    /// instead of clipping them.
    /// </summary>
    private static byte Encode(float linear)
    {
        float value = Math.Max(0, linear);
        if (value > 0.6f)
            value = 0.6f + (0.4f * (1 - MathF.Exp((0.6f - value) / 0.4f)));
        float encoded = value <= 0.0031308f ? 12.92f * value : (1.055f * MathF.Pow(value, 1 / 2.4f)) - 0.055f;
        return (byte)((encoded * 255) + 0.5f);
    }
}
