using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>Carries out a <see cref="ResizePlan"/>: convert to opaque sRGB, scale, keep, turn, lay into the target.</summary>
internal static class PixelPipeline
{
    private const int BytesPerPixel = 3;

    /// <summary>Decodes and brings the pixels where the plan says.</summary>
    /// <param name="source">The opened image.</param>
    /// <param name="plan">Made for the source's size.</param>
    /// <param name="destination">Receives [H, W, 3] of the plan's target, row-major RGB; black where no pixel goes. Longer is fine.</param>
    /// <returns>What has become of its colour profile.</returns>
    /// <exception cref="VipsException">The image is damaged, as libvips finds.</exception>
    /// <exception cref="ImageDefectException">The image is damaged or of a kind that is not read.</exception>
    internal static ProfileOutcome Read(IPixelSource source, ResizePlan plan, byte[] destination)
    {
        Image loaded = source.Load(plan.ShrinkOnLoad(source.Width, source.Height));
        using var chain = new VipsChain(loaded);
        ColourConversion.Flatten(chain);
        AppliedProfile profile = ColourConversion.ToSrgb(chain);
        ReadKept(new Decoded(chain.Image, profile.Conversion), plan, destination);
        if (plan.Rows.CutsEnd)
            loaded.ReadToEnd();
        return profile.Outcome;
    }

    private static void ReadKept(Decoded image, ResizePlan plan, byte[] destination)
    {
        (int width, int height, PixelArea target) = (plan.Columns.Kept, plan.Rows.Kept, plan.Target);
        int targetLength = target.Width * target.Height * BytesPerPixel;
        if (plan.Orientation.IsUpright && width == target.Width && height == target.Height)
        {
            ReadStored(image, plan, destination.AsMemory(0, targetLength));
            return;
        }

        int length = width * height * BytesPerPixel;
        byte[] stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadStored(image, plan, stored.AsMemory(0, length));
            destination.AsSpan(0, targetLength).Clear();
            Span<byte> corner = destination.AsSpan(((target.Top * target.Width) + target.Left) * BytesPerPixel);
            plan.Orientation.CopyUpright(stored.AsSpan(0, length), width, height, corner, target.Width);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    // The kept part as it is stored, before it is turned.
    private static void ReadStored(Decoded image, ResizePlan plan, Memory<byte> kept)
    {
        (int width, int height) = (image.Pixels.Width, image.Pixels.Height);
        if (plan.Columns.Scaled == width && plan.Rows.Scaled == height)
        {
            var area = new PixelArea((int)plan.Columns.Start, (int)plan.Rows.Start, plan.Columns.Kept, plan.Rows.Kept);
            image.Read(area, (y, row) => row.CopyTo(kept.Span[((y - area.Top) * row.Length)..]));
            return;
        }

        using var resampler = new Resampler(width, height, plan.Columns, plan.Rows);
        image.Read(resampler.Area, (y, row) => resampler.Add(y, row));
        resampler.Finish(kept.Span);
    }

    private readonly record struct Decoded(Image Pixels, MatrixConversion? Conversion)
    {
        public void Read(PixelArea area, VipsPixels.TakeRow take)
        {
            if (Conversion is not { } conversion)
            {
                Pixels.Read(area, take);
                return;
            }

            Pixels.Read(area, (y, row) =>
            {
                conversion.Apply(row);
                take(y, row);
            });
        }
    }
}

/// <summary>Turns interleaved bytes [H, W, 3] into planes of floats [3, H, W], the layout of the network's input.</summary>
internal static class PlanarPixels
{
    private const int Block = SampleConversion.Block;

    // Sample i of channel c lies at byte 3 i + c of 48, in the register (3 i + c) / 16. Shuffle gives 0 for an index out of range,
    // so the three partial results of a channel can be joined with "or".
    private static readonly Vector128<byte>[] Picks = [.. Enumerable.Range(0, 9).Select(k => Pick(channel: k / 3, register: k % 3))];

    /// <summary>Converts every pixel; values stay 0..255.</summary>
    /// <param name="interleaved">[H, W, 3] row-major RGB.</param>
    /// <param name="planes">[3, H, W], as long as <paramref name="interleaved"/>.</param>
    internal static void Convert(ReadOnlySpan<byte> interleaved, Span<float> planes)
    {
        int count = interleaved.Length / 3;
        Span<float> red = planes[..count], green = planes.Slice(count, count), blue = planes.Slice(2 * count, count);
        int at = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; at <= count - Block; at += Block)
            {
                ReadOnlySpan<byte> pixels = interleaved.Slice(at * 3, Block * 3);
                var first = Vector128.Create(pixels);
                var second = Vector128.Create(pixels[Block..]);
                var third = Vector128.Create(pixels[(2 * Block)..]);
                SampleConversion.Store(Channel(first, second, third, 0), red[at..]);
                SampleConversion.Store(Channel(first, second, third, 1), green[at..]);
                SampleConversion.Store(Channel(first, second, third, 2), blue[at..]);
            }
        }

        for (; at < count; at++)
        {
            red[at] = interleaved[at * 3];
            green[at] = interleaved[(at * 3) + 1];
            blue[at] = interleaved[(at * 3) + 2];
        }
    }

    /// <summary>The way back, for pictures to look at.</summary>
    /// <param name="planes">[3, H, W], 0..255.</param>
    /// <param name="size">H and W.</param>
    internal static RgbImage ToImage(ReadOnlySpan<float> planes, ImagePreprocessing size)
    {
        int count = size.Width * size.Height;
        byte[] pixels = new byte[3 * count];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Clamp(planes[(i % 3 * count) + (i / 3)] + 0.5f, 0, byte.MaxValue);
        return new RgbImage(size.Width, size.Height, pixels);
    }

    private static Vector128<byte> Pick(int channel, int register)
    {
        Span<byte> indices = stackalloc byte[Block];
        for (int i = 0; i < Block; i++)
        {
            int at = (3 * i) + channel - (Block * register);
            indices[i] = at is >= 0 and < Block ? (byte)at : byte.MaxValue;
        }

        return Vector128.Create<byte>(indices);
    }

    private static Vector128<byte> Channel(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, int channel)
    {
        ReadOnlySpan<Vector128<byte>> picks = Picks.AsSpan(channel * 3, 3);
        return Vector128.Shuffle(first, picks[0]) | Vector128.Shuffle(second, picks[1]) | Vector128.Shuffle(third, picks[2]);
    }
}

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
