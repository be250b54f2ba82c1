using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// The two matrix products of a linear head, on blocks of rows small enough to stay in a core's cache. All operands are row-major and
/// as wide as <see cref="PaddedWidth"/> says, the padding being zero, so that no loop has a tail.
/// </summary>
/// <remarks>
/// Each output is summed by one thread in one order, so results do not depend on the number of threads. The tiles keep eight
/// sums in registers: as many as hide the latency of fused multiply-add on current cores, without spilling on those with 16 registers.
/// </remarks>
internal static class BlockProducts
{
    private const int TileRows = 4;
    private const int TileClasses = 4;

    /// <summary>Four of the widest vectors there are (16 floats).</summary>
    private const int WidthStep = 64;

    /// <summary>The width to store rows of this many values in.</summary>
    public static int PaddedWidth(int width) => (width + WidthStep - 1) / WidthStep * WidthStep;

    /// <summary>scores[r, k] = sum over d of rows[r, d] * weights[k, d].</summary>
    /// <param name="rows">[R, width].</param>
    /// <param name="weights">[K, width].</param>
    /// <param name="width">A padded width.</param>
    /// <param name="scores">[R, K], overwritten.</param>
    public static void Multiply(ReadOnlySpan<float> rows, ReadOnlySpan<float> weights, int width, Span<float> scores)
    {
        int rowCount = rows.Length / width;
        int classCount = weights.Length / width;
        int tiledRows = rowCount - (rowCount % TileRows);
        int tiledClasses = classCount - (classCount % 2);
        for (int r = 0; r < tiledRows; r += TileRows)
        {
            for (int k = 0; k < tiledClasses; k += 2)
            {
                Span<float> tile = scores[((r * classCount) + k)..];
                MultiplyTile(rows.Slice(r * width, TileRows * width), weights.Slice(k * width, 2 * width), tile, classCount);
            }
        }

        for (int r = 0; r < rowCount; r++)
        {
            for (int k = r < tiledRows ? tiledClasses : 0; k < classCount; k++)
                scores[(r * classCount) + k] = TensorPrimitives.Dot(rows.Slice(r * width, width), weights.Slice(k * width, width));
        }
    }

    /// <summary>sums[k, d] += sum over r of factors[r, k] * rows[r, d].</summary>
    /// <param name="factors">[R, K].</param>
    /// <param name="rows">[R, width].</param>
    /// <param name="width">A padded width.</param>
    /// <param name="sums">[K, width], added to.</param>
    public static void AddTransposedProduct(ReadOnlySpan<float> factors, ReadOnlySpan<float> rows, int width, Span<float> sums)
    {
        int rowCount = rows.Length / width;
        int classCount = sums.Length / width;
        int tiledClasses = classCount - (classCount % TileClasses);
        for (int k = 0; k < tiledClasses; k += TileClasses)
            AddFourClasses(factors[k..], rows, rowCount, classCount, sums.Slice(k * width, TileClasses * width));
        for (int k = tiledClasses; k < classCount; k++)
            AddOneClass(factors[k..], rows, rowCount, classCount, sums.Slice(k * width, width));
    }

    /// <summary>Four rows by two classes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(ReadOnlySpan<float> rows, ReadOnlySpan<float> weights, Span<float> scores, int classCount)
    {
        nuint width = (nuint)(rows.Length / TileRows);
        ref float x = ref MemoryMarshal.GetReference(rows);
        ref float w = ref MemoryMarshal.GetReference(weights);
        Vector<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint d = 0; d < width; d += (nuint)Vector<float>.Count)
        {
            Vector<float> w0 = Vector.LoadUnsafe(ref w, d), w1 = Vector.LoadUnsafe(ref w, width + d);
            Vector<float> value = Vector.LoadUnsafe(ref x, d);
            (s00, s01) = (Vector.FusedMultiplyAdd(value, w0, s00), Vector.FusedMultiplyAdd(value, w1, s01));
            value = Vector.LoadUnsafe(ref x, width + d);
            (s10, s11) = (Vector.FusedMultiplyAdd(value, w0, s10), Vector.FusedMultiplyAdd(value, w1, s11));
            value = Vector.LoadUnsafe(ref x, (2 * width) + d);
            (s20, s21) = (Vector.FusedMultiplyAdd(value, w0, s20), Vector.FusedMultiplyAdd(value, w1, s21));
            value = Vector.LoadUnsafe(ref x, (3 * width) + d);
            (s30, s31) = (Vector.FusedMultiplyAdd(value, w0, s30), Vector.FusedMultiplyAdd(value, w1, s31));
        }

        Store(s00, s01, scores);
        Store(s10, s11, scores[classCount..]);
        Store(s20, s21, scores[(2 * classCount)..]);
        Store(s30, s31, scores[(3 * classCount)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<float> first, Vector<float> second, Span<float> scores) =>
        (scores[0], scores[1]) = (Vector.Sum(first), Vector.Sum(second));

    /// <summary>Four classes by two vectors at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFourClasses(ReadOnlySpan<float> factors, ReadOnlySpan<float> rows, int rowCount, int classCount, Span<float> sums)
    {
        nuint width = (nuint)(sums.Length / TileClasses), step = (nuint)Vector<float>.Count;
        ref float x = ref MemoryMarshal.GetReference(rows);
        ref float f = ref MemoryMarshal.GetReference(factors);
        ref float sum = ref MemoryMarshal.GetReference(sums);
        for (nuint d = 0; d < width; d += 2 * step)
        {
            Vector<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
            for (nuint r = 0; r < (nuint)rowCount; r++)
            {
                Vector<float> x0 = Vector.LoadUnsafe(ref x, (r * width) + d), x1 = Vector.LoadUnsafe(ref x, (r * width) + d + step);
                ref float factor = ref Unsafe.Add(ref f, r * (nuint)classCount);
                Vector<float> value = new(factor);
                (s00, s01) = (Vector.FusedMultiplyAdd(value, x0, s00), Vector.FusedMultiplyAdd(value, x1, s01));
                value = new(Unsafe.Add(ref factor, 1));
                (s10, s11) = (Vector.FusedMultiplyAdd(value, x0, s10), Vector.FusedMultiplyAdd(value, x1, s11));
                value = new(Unsafe.Add(ref factor, 2));
                (s20, s21) = (Vector.FusedMultiplyAdd(value, x0, s20), Vector.FusedMultiplyAdd(value, x1, s21));
                value = new(Unsafe.Add(ref factor, 3));
                (s30, s31) = (Vector.FusedMultiplyAdd(value, x0, s30), Vector.FusedMultiplyAdd(value, x1, s31));
            }

            Add(s00, s01, ref sum, d);
            Add(s10, s11, ref sum, width + d);
            Add(s20, s21, ref sum, (2 * width) + d);
            Add(s30, s31, ref sum, (3 * width) + d);
        }
    }

    /// <summary>One class by four vectors at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOneClass(ReadOnlySpan<float> factors, ReadOnlySpan<float> rows, int rowCount, int classCount, Span<float> sums)
    {
        nuint width = (nuint)sums.Length, step = (nuint)Vector<float>.Count;
        ref float x = ref MemoryMarshal.GetReference(rows);
        ref float f = ref MemoryMarshal.GetReference(factors);
        ref float sum = ref MemoryMarshal.GetReference(sums);
        for (nuint d = 0; d < width; d += 4 * step)
        {
            Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (nuint r = 0; r < (nuint)rowCount; r++)
            {
                Vector<float> value = new(Unsafe.Add(ref f, r * (nuint)classCount));
                nuint at = (r * width) + d;
                s0 = Vector.FusedMultiplyAdd(value, Vector.LoadUnsafe(ref x, at), s0);
                s1 = Vector.FusedMultiplyAdd(value, Vector.LoadUnsafe(ref x, at + step), s1);
                s2 = Vector.FusedMultiplyAdd(value, Vector.LoadUnsafe(ref x, at + (2 * step)), s2);
                s3 = Vector.FusedMultiplyAdd(value, Vector.LoadUnsafe(ref x, at + (3 * step)), s3);
            }

            Add(s0, s1, ref sum, d);
            Add(s2, s3, ref sum, d + (2 * step));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector<float> first, Vector<float> second, ref float sum, nuint at)
    {
        (Vector.LoadUnsafe(ref sum, at) + first).StoreUnsafe(ref sum, at);
        at += (nuint)Vector<float>.Count;
        (Vector.LoadUnsafe(ref sum, at) + second).StoreUnsafe(ref sum, at);
    }
}
