using System.Numerics;

namespace ImageTrainer.Training;

/// <summary>
/// Random numbers for one thing by its name: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014),
/// started from a hash of that name, so that what one picture or one epoch draws depends on no other. Not safe for several threads at once.
/// </summary>
internal sealed class SplittableRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _origin;
    private ulong _state;

    private SplittableRandom(ulong origin)
    {
        _origin = origin;
        _state = origin;
    }

    /// <summary>Starts the numbers of one thing.</summary>
    /// <param name="seed">Any number; the seed of the whole run or set.</param>
    /// <param name="label">What kind of thing draws: "dropout", or the class of a picture.</param>
    /// <param name="index">Its number within that kind: an epoch, or a picture.</param>
    public SplittableRandom(int seed, string label, int index)
        : this(Hash(Mix(((ulong)(uint)seed << 32) | (uint)index), label))
    {
    }

    /// <summary>
    /// Starts an independent row of numbers for one part of the thing. It is the same however many numbers were taken before,
    /// so that a change to one part leaves the others as they were.
    /// </summary>
    public SplittableRandom Fork(string part) => new(Hash(_origin, part));

    /// <summary>A number in [0, 1).</summary>
    public float Next() => (NextBits() >> 40) * (1f / (1 << 24));

    /// <summary>A number in [low, high), each as likely as the other.</summary>
    public float Between(float low, float high) => low + ((high - low) * Next());

    /// <summary>A whole number from low to high, both included.</summary>
    public int Count(int low, int high) => low + (int)(Next() * (high - low + 1));

    /// <summary>True with the given probability, 0 to 1.</summary>
    public bool Chance(float probability) => Next() < probability;

    /// <summary>-1 or 1.</summary>
    public float Sign() => Chance(0.5f) ? 1 : -1;

    /// <summary>An angle in radians, [0, 2 pi).</summary>
    public float Angle() => Between(0, MathF.Tau);

    /// <summary>32 random bits, to start other numbers with.</summary>
    public uint NoiseSeed() => (uint)(NextBits() >> 32);

    /// <summary>A number of mean 0 and standard deviation 1 that is nearly normal: the centred sum of four uniform ones (Irwin-Hall).</summary>
    public float Normal()
    {
        ulong bits = NextBits();
        uint sum = (uint)(bits & 0xFFFF) + (uint)((bits >> 16) & 0xFFFF) + (uint)((bits >> 32) & 0xFFFF) + (uint)(bits >> 48);
        return ((sum * (1f / 65536)) - 2) * MathF.Sqrt(3);
    }

    private ulong NextBits()
    {
        _state += GoldenGamma;
        return Mix(_state);
    }

    private static ulong Hash(ulong start, string text)
    {
        ulong hash = start;
        foreach (char character in text)
            hash = Mix((BitOperations.RotateLeft(hash, 5) ^ character) + GoldenGamma);
        return hash;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
