using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ImageTrainer.Imaging;

/// <summary>
/// Scales an image whose rows come one by one, so that a large one is never held whole: each row is scaled along itself and added,
/// weighted, to the target rows that it is part of. Sums are floats, rounded once at the end; no step is fused, so every processor gives
/// the same bytes. Buffers are pooled: dispose it.
/// </summary>
internal sealed class Resampler : IDisposable
{
    private const int SamplesPerPixel = 3;

    private readonly FilterTaps _columns;
    private readonly FilterTaps _rows;
    private readonly float[] _source;
    private readonly float[] _scaled;
    private readonly float[] _sums;
    private int _finishedRowCount;

    /// <param name="width">Width of the source in pixels.</param>
    /// <param name="height">Height of the source in pixels.</param>
    /// <param name="columns">How its rows are scaled, and the part that is kept.</param>
    /// <param name="rows">How its columns are scaled, and the part that is kept.</param>
    internal Resampler(int width, int height, AxisPlan columns, AxisPlan rows)
    {
        _columns = FilterTaps.Triangle(width, columns);
        _rows = FilterTaps.Triangle(height, rows);
        Area = new PixelArea(_columns.Start, _rows.Start, _columns.End - _columns.Start, _rows.End - _rows.Start);
        // Pixels are read and written as four floats, of which the last belongs to the next pixel.
        _source = ArrayPool<float>.Shared.Rent((Area.Width * SamplesPerPixel) + 1);
        _scaled = ArrayPool<float>.Shared.Rent((_columns.Count * SamplesPerPixel) + 1);
        _sums = ArrayPool<float>.Shared.Rent(SampleCount);
        _sums.AsSpan(0, SampleCount).Clear();
        _source[Area.Width * SamplesPerPixel] = 0;
    }

    /// <summary>The part of the source that is needed: its rows go to <see cref="Add"/>.</summary>
    internal PixelArea Area { get; }

    private int RowLength => _columns.Count * SamplesPerPixel;

    private int SampleCount => _rows.Count * RowLength;

    /// <summary>Takes the next row of <see cref="Area"/>, from top to bottom.</summary>
    /// <param name="y">Its number in the source.</param>
    /// <param name="row">[width of the area, 3].</param>
    internal void Add(int y, ReadOnlySpan<byte> row)
    {
        SampleConversion.ToFloats(row, _source);
        ScaleRow();
        while (_finishedRowCount < _rows.Count && IsPast(_finishedRowCount, y)) _finishedRowCount++;
        Span<float> scaled = _scaled.AsSpan(0, RowLength);
        for (int target = _finishedRowCount; target < _rows.Count; target++)
        {
            ReadOnlySpan<float> weights = _rows.Weights(target, out int first);
            if (first > y) break;
            Span<float> sums = _sums.AsSpan(target * RowLength, RowLength);
            TensorPrimitives.MultiplyAdd(scaled, weights[y - first], sums, sums);
        }
    }

    /// <summary>Rounds what the rows have come to.</summary>
    /// <param name="destination">[kept rows, kept columns, 3].</param>
    internal void Finish(Span<byte> destination) => SampleConversion.ToBytes(_sums.AsSpan(0, SampleCount), destination);

    public void Dispose()
    {
        _columns.Dispose();
        _rows.Dispose();
        ArrayPool<float>.Shared.Return(_source);
        ArrayPool<float>.Shared.Return(_scaled);
        ArrayPool<float>.Shared.Return(_sums);
    }

    private bool IsPast(int target, int y)
    {
        ReadOnlySpan<float> weights = _rows.Weights(target, out int first);
        return first + weights.Length <= y;
    }

    // The innermost loop of decoding: references instead of spans halve its time.
    private void ScaleRow()
    {
        ref float source = ref MemoryMarshal.GetArrayDataReference(_source);
        ref float scaled = ref MemoryMarshal.GetArrayDataReference(_scaled);
        int left = Area.Left;
        for (int target = 0; target < _columns.Count; target++)
        {
            ref float weight = ref _columns.FirstWeight(target, out int first, out int count);
            ref float sample = ref Unsafe.Add(ref source, (first - left) * SamplesPerPixel);
            Vector128<float> sum = Vector128<float>.Zero;
            for (int i = 0; i < count; i++)
                sum += Vector128.LoadUnsafe(ref sample, (nuint)(i * SamplesPerPixel)) * Unsafe.Add(ref weight, i);
            sum.StoreUnsafe(ref scaled, (nuint)(target * SamplesPerPixel));
        }
    }
}

/// <summary>
/// Which source samples along one axis make up each kept target sample, and with what weights: a triangle as wide as two target samples
/// when shrinking and two source samples when enlarging, its centre on the target sample's centre. It is the "bilinear, antialiased"
/// scaling that pretrained backbones saw. Weights of a target sample add up to 1. Arrays are pooled: dispose it.
/// </summary>
internal sealed class FilterTaps : IDisposable
{
    private readonly (int First, int Count)[] _spans;
    private readonly float[] _weights;
    private readonly int _stride;

    private FilterTaps(int count, int stride)
    {
        (Count, _stride) = (count, stride);
        _spans = ArrayPool<(int, int)>.Shared.Rent(count);
        _weights = ArrayPool<float>.Shared.Rent(count * stride);
    }

    /// <summary>Computes the weights.</summary>
    /// <param name="length">Length of the source in samples, 1 or more.</param>
    /// <param name="plan">How long it is to become, and which part of that is kept.</param>
    internal static FilterTaps Triangle(int length, AxisPlan plan)
    {
        double scale = (double)length / plan.Scaled;
        double radius = Math.Max(1, scale);
        var taps = new FilterTaps(plan.Kept, Math.Min(length, (int)Math.Ceiling(2 * radius) + 1));
        for (int target = 0; target < plan.Kept; target++)
            taps.Set(target, ((plan.Start + target + 0.5) * scale) - 0.5, radius, length);
        return taps;
    }

    /// <summary>Number of target samples.</summary>
    internal int Count { get; }

    /// <summary>The first source sample that any target sample takes.</summary>
    internal int Start => _spans[0].First;

    /// <summary>One after the last source sample that any target sample takes.</summary>
    internal int End => _spans[Count - 1].First + _spans[Count - 1].Count;

    /// <summary>The first source sample that a target sample takes, and the weights of it and those after it.</summary>
    internal ReadOnlySpan<float> Weights(int target, out int first)
    {
        (first, int count) = _spans[target];
        return _weights.AsSpan(target * _stride, count);
    }

    /// <summary>The same without a check of <paramref name="target"/>, which is 0 to <see cref="Count"/> - 1.</summary>
    internal ref float FirstWeight(int target, out int first, out int count)
    {
        (first, count) = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_spans), target);
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_weights), target * _stride);
    }

    public void Dispose()
    {
        ArrayPool<(int, int)>.Shared.Return(_spans);
        ArrayPool<float>.Shared.Return(_weights);
    }

    // Samples at the radius itself have no weight and are left out.
    private void Set(int target, double centre, double radius, int length)
    {
        int first = Math.Max(0, (int)Math.Floor(centre - radius) + 1);
        int last = Math.Min(length - 1, (int)Math.Ceiling(centre + radius) - 1);
        Span<float> weights = _weights.AsSpan(target * _stride, last - first + 1);
        double sum = 0;
        for (int i = first; i <= last; i++)
            sum += 1 - (Math.Abs(i - centre) / radius);
        for (int i = first; i <= last; i++)
            weights[i - first] = (float)((1 - (Math.Abs(i - centre) / radius)) / sum);
        _spans[target] = (first, weights.Length);
    }
}
