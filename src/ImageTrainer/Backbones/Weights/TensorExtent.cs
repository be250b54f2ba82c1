using System.Collections.Immutable;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Checks sizes read from a file before anyone trusts them.</summary>
internal static class TensorExtent
{
    private const int MaxRank = 8;

    /// <summary>Number of elements, or null where a size is negative, there are over 8 axes, or the product passes 2^31 - 1.</summary>
    public static int? ElementCount(IReadOnlyCollection<long> shape)
    {
        if (shape.Count > MaxRank || shape.Any(size => size is < 0 or > int.MaxValue))
            return null;
        Int128 count = 1;
        foreach (long size in shape)
            count *= size;
        return count <= int.MaxValue ? (int)count : null;
    }

    /// <summary>Whether the elements a strided tensor reaches are exactly as many as it has: row-major or permuted, no holes, no repeats.</summary>
    public static bool IsDense(ImmutableArray<long> shape, ImmutableArray<long> strides)
    {
        if (strides.Length != shape.Length)
            return false;
        long expected = 1;
        foreach (int axis in Enumerable.Range(0, shape.Length).Where(axis => shape[axis] != 1).OrderBy(axis => strides[axis]))
        {
            if (strides[axis] != expected)
                return false;
            expected *= shape[axis];
        }

        return true;
    }
}
