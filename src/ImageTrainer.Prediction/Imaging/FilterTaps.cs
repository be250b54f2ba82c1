using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageTrainer.Imaging;

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
