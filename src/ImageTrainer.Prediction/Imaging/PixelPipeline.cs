using System.Buffers;
using ImageTrainer.Imaging.Vips;

namespace ImageTrainer.Imaging;

/// <summary>Carries out a <see cref="ResizePlan"/>: flatten, scale, convert to sRGB, keep, turn, lay into the target.</summary>
internal static class PixelPipeline
{
    // Bilinear, widened to the scale when shrinking: what the backbones' own preprocessing used.
    private const int LinearKernel = 1;

    /// <summary>Decodes and brings the pixels where the plan says.</summary>
    /// <param name="source">The opened image.</param>
    /// <param name="plan">Made for the source's size.</param>
    /// <param name="destination">Receives [H, W, 3] of the plan's target, row-major RGB; black where no pixel goes.</param>
    /// <exception cref="VipsException">The image is damaged.</exception>
    internal static void Read(IPixelSource source, ResizePlan plan, Span<byte> destination)
    {
        VipsImage loaded = source.Load(plan.ShrinkOnLoad(source.Width, source.Height));
        using var chain = new VipsChain(loaded);
        ColourConversion.Flatten(chain);
        PixelArea kept = Scale(chain, plan);
        ColourConversion.ToSrgb(chain);
        ReadKept(chain.Image, kept, plan, destination[..(plan.Target.Width * plan.Target.Height * 3)]);
        if (plan.Rows.CutsEnd)
            loaded.ReadToEnd();
    }

    // Colours are converted after scaling, where there are fewer of them.
    private static PixelArea Scale(VipsChain chain, ResizePlan plan)
    {
        (int width, int height) = (chain.Image.Width, chain.Image.Height);
        (int left, int windowWidth, AxisPlan columns) = plan.Columns.Window(width);
        (int top, int windowHeight, AxisPlan rows) = plan.Rows.Window(height);
        if (windowWidth < width || windowHeight < height)
        {
            var window = new VipsOperation("extract_area").Set("left", left).Set("top", top).Set("width", windowWidth).Set("height", windowHeight);
            chain.Then(window, input: "input");
        }

        if (columns.Scaled != windowWidth || rows.Scaled != windowHeight)
        {
            chain.Then(new VipsOperation("resize")
                .Set("scale", (double)columns.Scaled / windowWidth)
                .Set("vscale", (double)rows.Scaled / windowHeight)
                .Set("kernel", LinearKernel));
        }

        return new PixelArea((int)columns.Start, (int)rows.Start, columns.Kept, rows.Kept);
    }

    private static void ReadKept(VipsImage image, PixelArea kept, ResizePlan plan, Span<byte> destination)
    {
        PixelArea target = plan.Target;
        if (plan.Orientation.IsUpright && kept.Width == target.Width && kept.Height == target.Height)
        {
            image.Read(kept, destination);
            return;
        }

        int length = kept.Width * kept.Height * 3;
        byte[] stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            image.Read(kept, stored.AsSpan(0, length));
            destination.Clear();
            Span<byte> corner = destination[(((target.Top * target.Width) + target.Left) * 3)..];
            plan.Orientation.CopyUpright(stored.AsSpan(0, length), kept.Width, kept.Height, corner, target.Width);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }
}
