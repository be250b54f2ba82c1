using System.Numerics;
using System.Numerics.Tensors;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// What brings every feature to mean 0 and standard deviation 1 over the training set. A constant feature becomes 0, and so gets no weight.
/// Applied to a few rows at a time on their way into a product; the matrix itself is never copied.
/// </summary>
internal sealed class FeatureStandardization
{
    private const int MaxChunkCount = 16;

    /// <summary>A deviation this small beside the mean is float rounding, not information.</summary>
    private const double ConstantThreshold = 1e-6;

    private FeatureStandardization(float[] scales, float[] offsets) => (Scales, Offsets) = (scales, offsets);

    /// <summary>[D], multiplied by first: 1 / standard deviation, or 0 for a constant feature.</summary>
    public float[] Scales { get; }

    /// <summary>[D], added next, in the same rounding: -mean / standard deviation.</summary>
    public float[] Offsets { get; }

    /// <summary>Measures a matrix of finite features; others give scales or offsets that are not finite.</summary>
    public static FeatureStandardization Measure(FeatureMatrix features, ParallelOptions parallel)
    {
        int width = features.ColumnCount;
        int chunkCount = Math.Clamp(features.RowCount / 256, 1, MaxChunkCount);
        var sums = new (double[] Values, double[] Squares)[chunkCount];
        Parallel.For(0, chunkCount, parallel, chunk =>
        {
            sums[chunk] = (new double[width], new double[width]);
            int end = (int)((long)features.RowCount * (chunk + 1) / chunkCount);
            for (int row = (int)((long)features.RowCount * chunk / chunkCount); row < end; row++)
                AddDeviations(features.Row(row), features.Row(0), sums[chunk].Values, sums[chunk].Squares);
        });
        for (int chunk = 1; chunk < chunkCount; chunk++)
        {
            TensorPrimitives.Add(sums[0].Values, sums[chunk].Values, sums[0].Values);
            TensorPrimitives.Add(sums[0].Squares, sums[chunk].Squares, sums[0].Squares);
        }

        return FromSums(sums[0].Values, sums[0].Squares, features.Row(0), features.RowCount);
    }

    /// <summary>Writes rows, standardised, one after the other.</summary>
    /// <param name="features">[N, D].</param>
    /// <param name="rows">Which rows.</param>
    /// <param name="width">Floats from one written row to the next, at least D; what lies beyond D is zeroed.</param>
    /// <param name="destination">[rows.Length, width].</param>
    public void CopyRows(FeatureMatrix features, ReadOnlySpan<int> rows, int width, Span<float> destination)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> row = destination.Slice(i * width, width);
            TensorPrimitives.FusedMultiplyAdd(features.Row(rows[i]), Scales, Offsets, row);
            row[Scales.Length..].Clear();
        }
    }

    /// <summary>Sums distances from a first row rather than the values themselves, lest a large mean swallow a small deviation.</summary>
    private static void AddDeviations(ReadOnlySpan<float> row, ReadOnlySpan<float> origin, Span<double> values, Span<double> squares)
    {
        int d = 0;
        int step = Vector<float>.Count;
        for (; d + step <= row.Length; d += step)
        {
            Vector.Widen(new Vector<float>(row[d..]), out Vector<double> low, out Vector<double> high);
            Vector.Widen(new Vector<float>(origin[d..]), out Vector<double> originLow, out Vector<double> originHigh);
            Accumulate(low - originLow, values[d..], squares[d..]);
            Accumulate(high - originHigh, values[(d + (step / 2))..], squares[(d + (step / 2))..]);
        }

        for (; d < row.Length; d++)
        {
            double deviation = (double)row[d] - origin[d];
            values[d] += deviation;
            squares[d] += deviation * deviation;
        }
    }

    private static void Accumulate(Vector<double> deviation, Span<double> values, Span<double> squares)
    {
        (new Vector<double>(values) + deviation).CopyTo(values);
        (new Vector<double>(squares) + (deviation * deviation)).CopyTo(squares);
    }

    private static FeatureStandardization FromSums(double[] values, double[] squares, ReadOnlySpan<float> origin, int rowCount)
    {
        float[] scales = new float[values.Length];
        float[] offsets = new float[values.Length];
        for (int d = 0; d < scales.Length; d++)
        {
            double shift = values[d] / rowCount;
            double mean = origin[d] + shift;
            double deviation = Math.Sqrt(Math.Max(0, (squares[d] / rowCount) - (shift * shift)));
            scales[d] = deviation <= ConstantThreshold * Math.Abs(mean) ? 0 : (float)(1 / deviation);
            offsets[d] = (float)(-mean * scales[d]);
        }

        return new FeatureStandardization(scales, offsets);
    }
}
