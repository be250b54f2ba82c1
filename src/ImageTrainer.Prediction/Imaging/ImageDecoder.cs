using System.Runtime.CompilerServices;
using ImageTrainer.Imaging.Bitmaps;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>Encoded bytes to upright sRGB pixels. Immutable and thread safe; each image is decoded on the caller's thread.</summary>
/// <param name="maxPixelCount">Largest number of pixels, by the header, that is decoded.</param>
internal sealed class ImageDecoder(long maxPixelCount)
{
    private const string DamagedHeader = "its header is damaged or of a kind that is not supported";
    private const string DamagedPixels = "its pixel data is damaged";

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="ImageDecodeException">It is damaged, or its size is refused.</exception>
    internal ImageHeader ReadHeader(EncodedImage encoded)
    {
        using IPixelSource source = Open(encoded);
        return new ImageHeader(encoded.Format, source.Width, source.Height);
    }

    /// <summary>Decodes the image, whole or brought to the network's shape.</summary>
    /// <param name="encoded">The image's bytes.</param>
    /// <param name="preprocessing">The shape, or null for the image's own.</param>
    /// <param name="buffer">Where [H, W, 3] goes, at least that long, or null for a new array of just that length.</param>
    /// <exception cref="ImageDecodeException">The image is damaged, refused, or of a kind that is not read.</exception>
    internal RgbImage Decode(EncodedImage encoded, ImagePreprocessing? preprocessing, byte[]? buffer = null)
    {
        VipsLibrary.ResetJpegWarnings();
        RgbImage image;
        using (IPixelSource source = Open(encoded))
        {
            ResizePlan plan = preprocessing is null
                ? ResizePlan.Whole(source.Width, source.Height, source.Orientation)
                : ResizePlan.For(source.Width, source.Height, source.Orientation, preprocessing);
            image = Read(encoded, source, plan, buffer ?? new byte[plan.Target.Width * plan.Target.Height * 3]);
        }

        // Known only now that the image is closed.
        if (encoded.Format == "jpeg" && !JpegStructure.Read(encoded.Content.Span).IsSound(VipsLibrary.JpegWarningCount))
            throw Explain(encoded, DamagedPixels);
        return image;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RgbImage Read(EncodedImage encoded, IPixelSource source, ResizePlan plan, byte[] buffer)
    {
        try
        {
            PixelPipeline.Read(source, plan, buffer);
            return new RgbImage(plan.Target.Width, plan.Target.Height, buffer);
        }
        catch (Exception cause) when (cause is VipsException or ImageDefectException)
        {
            throw Explain(encoded, DamagedPixels, cause as ImageDefectException);
        }
    }

    private IPixelSource Open(EncodedImage encoded)
    {
        VipsLibrary.Start();
        IPixelSource source = OpenUnchecked(encoded);
        string? refusal = Refusal(source.Width, source.Height) ?? source.Refusal(maxPixelCount);
        if (refusal is null)
            return source;
        source.Dispose();
        throw encoded.Unreadable(refusal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IPixelSource OpenUnchecked(EncodedImage encoded)
    {
        try
        {
            return encoded.Format == "bmp" ? new BitmapSource(encoded) : VipsSource.Open(encoded);
        }
        catch (Exception cause) when (cause is VipsException or ImageDefectException)
        {
            throw Explain(encoded, DamagedHeader, cause as ImageDefectException);
        }
    }

    private string? Refusal(int width, int height)
    {
        if (width < 1 || height < 1)
            return $"its header gives it no pixels ({width} x {height})";
        return (long)width * height > maxPixelCount
            ? $"its header gives it {width} x {height} pixels, more than the {maxPixelCount} that are accepted (MaxPixelCount)"
            : null;
    }

    // From the image's own bytes: libvips keeps one error text for the whole process, which may be that of another thread's image.
    private static ImageDecodeException Explain(EncodedImage encoded, string damage, ImageDefectException? cause = null) =>
        encoded.Unreadable(cause?.Message ?? ImageDamage.Describe(encoded) ?? damage);
}

/// <summary>
/// Something in an image keeps it from being read. It never leaves the library: <see cref="ImageDecoder"/> turns it into an
/// <see cref="ImageDecodeException"/>.
/// </summary>
/// <param name="reason">Why, as <see cref="ImageDecodeException.Reason"/> has it.</param>
internal sealed class ImageDefectException(string reason) : Exception(reason);
