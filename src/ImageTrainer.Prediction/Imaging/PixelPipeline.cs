using System.Buffers;
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
