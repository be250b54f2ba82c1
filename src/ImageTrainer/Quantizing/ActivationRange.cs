using System.Runtime.InteropServices;

namespace ImageTrainer.Quantizing;

/// <summary>
/// How real numbers become bytes: q = clamp(round(x / scale) + zeroPoint, 0, 255), and back: x = (q - zeroPoint) * scale
/// ("Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", Jacob et al., 2018, equation 1).
/// </summary>
/// <param name="Scale">Size of a step, above 0.</param>
/// <param name="ZeroPoint">The byte that stands for 0: padding with zeros stays exact.</param>
internal readonly record struct QuantizationRange(float Scale, byte ZeroPoint)
{
    /// <summary>
    /// The range that reaches from <paramref name="low"/> to <paramref name="high"/>, moved so that 0 is one of its 256 numbers.
    /// </summary>
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

/// <summary>The range found for one activation.</summary>
/// <param name="Range">The range.</param>
/// <param name="Error">Root mean square of what rounding and clipping change, over the root mean square of the values; 0 for none.</param>
internal readonly record struct ActivationRange(QuantizationRange Range, double Error);

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

    /// <summary>
    /// The most values of one tensor that are counted: enough for any percentile that matters, a fraction of a layer's own work.
    /// </summary>
    private const int MaxSampleCount = 1 << 16;

    private readonly uint[] _counts = new uint[BinCount];

    /// <summary>Counts evenly spread values of one image's activation.</summary>
    /// <param name="values">[C, H, W].</param>
    /// <param name="planeLength">H * W: the spacing shares no factor with it, so that every place and every channel is met.</param>
    public void Add(ReadOnlySpan<float> values, int planeLength)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int step = Spacing(values.Length, planeLength);
        for (int i = 0; i < bits.Length; i += step) _counts[bits[i] >> DroppedBits]++;
    }

    /// <summary>Adds the counts of another histogram.</summary>
    public void Add(ActivationHistogram other)
    {
        for (int bin = 0; bin < BinCount; bin++) _counts[bin] += other._counts[bin];
    }

    /// <summary>
    /// The values seen, in ascending order: the middle of each bin that holds any, and how many it holds. Values that are not finite are
    /// left out.
    /// </summary>
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

/// <summary>
/// Finds the range of least mean squared error for an activation: a narrower range has finer steps and clips more ("Post-Training 4-bit
/// Quantization of Convolution Networks for Rapid-Deployment", Banner et al., 2019, section 2: the two kinds of error against each other).
/// </summary>
internal sealed class RangeSearch
{
    private const int CandidateCount = 64;
    private const double LeastShare = 0.2;
    private readonly double[] _values;

    // Sums over the first i bins of count, count * value and count * value^2.
    private readonly double[] _counts;
    private readonly double[] _sums;
    private readonly double[] _squares;

    private RangeSearch((double Value, uint Count)[] bins)
    {
        _values = [.. bins.Select(bin => bin.Value)];
        _counts = new double[bins.Length + 1];
        _sums = new double[bins.Length + 1];
        _squares = new double[bins.Length + 1];
        for (int i = 0; i < bins.Length; i++)
        {
            (double value, uint count) = bins[i];
            _counts[i + 1] = _counts[i] + count;
            _sums[i + 1] = _sums[i] + (count * value);
            _squares[i + 1] = _squares[i] + (count * value * value);
        }
    }

    /// <summary>The best range for the values seen.</summary>
    public static ActivationRange Find(ActivationHistogram histogram)
    {
        (double Value, uint Count)[] bins = [.. histogram.Bins()];
        return bins.Length == 0 ? new ActivationRange(new QuantizationRange(1, 0), 0) : new RangeSearch(bins).Find();
    }

    private ActivationRange Find()
    {
        (double low, double high) = (Math.Min(0, _values[0]), Math.Max(0, _values[^1]));
        (double bestLow, double bestHigh) = (low, high);
        // One end after the other, twice: the error is the sum of what each end clips and of a step that both decide.
        for (int round = 0; round < 2; round++)
        {
            bestHigh = Shares.Select(share => high * share).MinBy(end => Error(bestLow, end));
            bestLow = Shares.Select(share => low * share).MinBy(end => Error(end, bestHigh));
        }

        double power = _squares[^1];
        return new ActivationRange(
            QuantizationRange.Between(bestLow, bestHigh), power > 0 ? Math.Sqrt(Math.Max(0, Error(bestLow, bestHigh)) / power) : 0);
    }

    private static IEnumerable<double> Shares =>
        Enumerable.Range(0, CandidateCount).Select(i => 1 - ((1 - LeastShare) * i / (CandidateCount - 1)));

    /// <summary>Rounding to steps of s costs s^2 / 12 on average, except below s / 2, where values become 0.</summary>
    private double Error(double low, double high)
    {
        double step = (high - low) / byte.MaxValue;
        (int first, int end) = (FirstAbove(low), FirstAbove(high));
        int zeroStart = Math.Clamp(FirstAbove(-step / 2), first, end), zeroEnd = Math.Clamp(FirstAbove(step / 2), first, end);
        double rounded = _counts[end] - _counts[first] - (_counts[zeroEnd] - _counts[zeroStart]);
        double clipped = Distance(0, first, low) + Distance(end, _values.Length, high);
        return clipped + Distance(zeroStart, zeroEnd, 0) + (rounded * step * step / 12);
    }

    /// <summary>Sum of count * (value - point)^2 over a run of bins.</summary>
    private double Distance(int start, int end, double point) =>
        _squares[end] - _squares[start] - (2 * point * (_sums[end] - _sums[start])) + (point * point * (_counts[end] - _counts[start]));

    private int FirstAbove(double value)
    {
        int index = Array.BinarySearch(_values, value);
        return index < 0 ? ~index : index + 1;
    }
}
