using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ImageTrainer.Imaging;

/// <summary>Bytes to floats of the same value and back, many at a time where the processor can.</summary>
internal static class SampleConversion
{
    /// <summary>Samples that are converted at a time.</summary>
    internal const int Block = 16;

    /// <summary>Converts every byte.</summary>
    /// <param name="bytes">Samples.</param>
    /// <param name="floats">At least as long.</param>
    internal static void ToFloats(ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        int at = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; at <= bytes.Length - Block; at += Block)
                Store(Vector128.Create(bytes[at..]), floats[at..]);
        }

        for (; at < bytes.Length; at++)
            floats[at] = bytes[at];
    }

    /// <summary>Rounds every float, halves upwards; what lies outside 0..255 becomes the nearer end.</summary>
    /// <param name="floats">Samples.</param>
    /// <param name="bytes">At least as long.</param>
    internal static void ToBytes(ReadOnlySpan<float> floats, Span<byte> bytes)
    {
        int at = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; at <= floats.Length - Block; at += Block)
            {
                ReadOnlySpan<float> block = floats.Slice(at, Block);
                Vector128<ushort> low = Vector128.NarrowWithSaturation(Round(block), Round(block[4..]));
                Vector128<ushort> high = Vector128.NarrowWithSaturation(Round(block[8..]), Round(block[12..]));
                Vector128.NarrowWithSaturation(low, high).CopyTo(bytes[at..]);
            }
        }

        for (; at < floats.Length; at++)
            bytes[at] = (byte)Math.Clamp(floats[at] + 0.5f, 0, byte.MaxValue);
    }

    /// <summary>Stores 16 bytes as floats.</summary>
    internal static void Store(Vector128<byte> samples, Span<float> floats)
    {
        ref float start = ref MemoryMarshal.GetReference(floats[..Block]);
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(samples);
        StoreHalf(low, ref start, 0);
        StoreHalf(high, ref start, Block / 2);
    }

    private static Vector128<uint> Round(ReadOnlySpan<float> samples) =>
        Vector128.ConvertToInt32(Vector128.Max(Vector128.Create(samples) + Vector128.Create(0.5f), Vector128<float>.Zero)).AsUInt32();

    private static void StoreHalf(Vector128<ushort> samples, ref float start, nuint at)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(samples);
        Vector128.ConvertToSingle(low.AsInt32()).StoreUnsafe(ref start, at);
        Vector128.ConvertToSingle(high.AsInt32()).StoreUnsafe(ref start, at + 4);
    }
}
