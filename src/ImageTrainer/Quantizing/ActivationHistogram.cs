using System.Runtime.InteropServices;

namespace ImageTrainer.Quantizing;

/// <summary>
/// How often each value of an activation occurs, by the upper half of its bits: 128 bins from each power of two to the next, so that no
/// range need be known beforehand and counts from several threads add up to the same whatever their order. Not safe for concurrent use.
/// </summary>
internal sealed class ActivationHistogram
{
    private const int BinCount = 1 << 16;
    private const int DroppedBits = 16;
    private const uint SignBin = BinCount >> 1;
    private const uint FirstNotFinite = 0x7F80;

    private readonly uint[] _counts = new uint[BinCount];

    /// <summary>The most values of one tensor that are counted: enough for any percentile that matters, a fraction of a layer's own work.</summary>
    private const int MaxSampleCount = 1 << 16;

    /// <summary>Counts evenly spread values of one image's activation.</summary>
    /// <param name="values">[C, H, W].</param>
    /// <param name="planeLength">H * W: the spacing shares no factor with it, so that every place and every channel is met.</param>
    public void Add(ReadOnlySpan<float> values, int planeLength)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int step = Spacing(values.Length, planeLength);
        for (int i = 0; i < bits.Length; i += step)
            _counts[bits[i] >> DroppedBits]++;
    }

    /// <summary>Adds the counts of another histogram.</summary>
    public void Add(ActivationHistogram other)
    {
        for (int bin = 0; bin < BinCount; bin++)
            _counts[bin] += other._counts[bin];
    }

    /// <summary>The values seen, in ascending order: the middle of each bin that holds any, and how many it holds. Values that are not finite are left out.</summary>
    public IEnumerable<(double Value, uint Count)> Bins()
    {
        for (uint bin = SignBin + FirstNotFinite - 1; bin > SignBin; bin--)
        {
            if (_counts[bin] > 0) yield return (Middle(bin), _counts[bin]);
        }

        uint zeros = _counts[0] + _counts[SignBin];
        if (zeros > 0) yield return (0, zeros);
        for (uint bin = 1; bin < FirstNotFinite; bin++)
        {
            if (_counts[bin] > 0) yield return (Middle(bin), _counts[bin]);
        }
    }

    private static double Middle(uint bin) => BitConverter.UInt32BitsToSingle((bin << DroppedBits) | (1u << (DroppedBits - 1)));

    private static int Spacing(int length, int planeLength)
    {
        int step = Math.Max(1, (length + MaxSampleCount - 1) / MaxSampleCount);
        while (GreatestCommonDivisor(step, planeLength) > 1) step++;
        return step;
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
