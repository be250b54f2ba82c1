namespace ImageTrainer.Cli.SampleData;

/// <summary>
/// Smooth noise over the plane: hashed values on the whole-numbered lattice, joined by Perlin's quintic fade
/// ("Improving Noise", SIGGRAPH 2002). A pure function of seed and place.
/// </summary>
internal readonly struct ValueNoise(uint seed)
{
    private readonly uint _seed = seed;

    /// <summary>The noise at one place, -1 to 1, about one bump per unit of length.</summary>
    public float At(float x, float y)
    {
        int left = (int)MathF.Floor(x);
        int top = (int)MathF.Floor(y);
        float across = Fade(x - left);
        float down = Fade(y - top);
        float upper = Lattice(left, top) + (across * (Lattice(left + 1, top) - Lattice(left, top)));
        float lower = Lattice(left, top + 1) + (across * (Lattice(left + 1, top + 1) - Lattice(left, top + 1)));
        return upper + (down * (lower - upper));
    }

    /// <summary>Noise of several sizes, each half as large and half as strong as the one before; -1 to 1.</summary>
    public float Fractal(float x, float y, int octaveCount)
    {
        float sum = 0, strength = 1, total = 0;
        for (int octave = 0; octave < octaveCount; octave++)
        {
            sum += strength * At(x, y);
            total += strength;
            strength /= 2;
            // The shift keeps the lattice points of the octaves apart.
            x = (x * 2) + 37.3f;
            y = (y * 2) + 17.7f;
        }

        return sum / total;
    }

    private float Lattice(int x, int y)
    {
        uint hash = _seed ^ ((uint)x * 0x9E3779B1) ^ ((uint)y * 0x85EBCA77);
        hash = (hash ^ (hash >> 16)) * 0x7FEB352D;
        hash = (hash ^ (hash >> 15)) * 0x846CA68B;
        return ((hash >> 8) * (2f / (1 << 24))) - 1;
    }

    private static float Fade(float t) => t * t * t * ((t * ((t * 6) - 15)) + 10);
}
