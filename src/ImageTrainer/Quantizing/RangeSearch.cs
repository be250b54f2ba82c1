namespace ImageTrainer.Quantizing;

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

    // Rounding to steps of s costs s^2 / 12 on average, except below s / 2, where values become 0.
    private double Error(double low, double high)
    {
        double step = (high - low) / byte.MaxValue;
        int first = FirstAbove(low), zeroStart = FirstAbove(-step / 2), zeroEnd = FirstAbove(step / 2), end = FirstAbove(high);
        (zeroStart, zeroEnd) = (Math.Clamp(zeroStart, first, end), Math.Clamp(zeroEnd, first, end));
        double rounded = _counts[end] - _counts[first] - (_counts[zeroEnd] - _counts[zeroStart]);
        return Distance(0, first, low) + Distance(end, _values.Length, high) + Distance(zeroStart, zeroEnd, 0) + (rounded * step * step / 12);
    }

    // Sum of count * (value - point)^2 over a run of bins.
    private double Distance(int start, int end, double point) =>
        _squares[end] - _squares[start] - (2 * point * (_sums[end] - _sums[start])) + (point * point * (_counts[end] - _counts[start]));

    private int FirstAbove(double value)
    {
        int index = Array.BinarySearch(_values, value);
        return index < 0 ? ~index : index + 1;
    }
}
