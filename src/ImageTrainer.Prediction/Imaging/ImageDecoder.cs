using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>Encoded bytes to upright sRGB pixels. Immutable and thread safe; each image is decoded on the caller's thread.</summary>
/// <param name="maxPixelCount">Largest number of pixels, by the header, that is decoded.</param>
/// <param name="unapplied">Told of images whose colour profile could not be applied.</param>
internal sealed class ImageDecoder(long maxPixelCount, UnappliedProfiles unapplied)
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
        ProfileOutcome profile;
        using (IPixelSource source = Open(encoded))
        {
            ResizePlan plan = preprocessing is null
                ? ResizePlan.Whole(source.Width, source.Height, source.Orientation)
                : ResizePlan.For(source.Width, source.Height, source.Orientation, preprocessing);
            image = new RgbImage(plan.Target.Width, plan.Target.Height, buffer ?? new byte[plan.Target.Width * plan.Target.Height * 3]);
            profile = Read(encoded, source, plan, image.Pixels);
        }

        // Known only now that the image is closed.
        if (encoded.Format == "jpeg" && !JpegStructure.Read(encoded.Content.Span).IsSound(VipsLibrary.JpegWarningCount))
            throw Explain(encoded, DamagedPixels);
        if (profile == ProfileOutcome.Unapplied || (profile == ProfileOutcome.None && encoded.DeclaresProfile))
            unapplied.Add(encoded.Path);
        return image;
    }

    /// <summary>Brings an image that is decoded already to the network's shape, as <see cref="Decode"/> does the pixels of a file.</summary>
    /// <param name="image">The pixels.</param>
    /// <param name="preprocessing">The shape.</param>
    /// <param name="buffer">Receives [H, W, 3]; longer is fine.</param>
    /// <exception cref="ArgumentException">It has not three bytes a pixel.</exception>
    /// <exception cref="ImageDecodeException">It is larger than is accepted.</exception>
    internal void Fit(RgbImage image, ImagePreprocessing preprocessing, byte[] buffer)
    {
        RgbImage.ThrowIfInvalid(image);
        if (Refusal(image.Width, image.Height, "it has") is { } refusal)
            throw new ImageDecodeException(path: null, refusal);
        VipsLibrary.Start();
        FitStarted(image, ResizePlan.For(image.Width, image.Height, default, preprocessing), buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FitStarted(RgbImage image, ResizePlan plan, byte[] buffer)
    {
        using var source = new DecodedSource(image);
        PixelPipeline.Read(source, plan, buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ProfileOutcome Read(EncodedImage encoded, IPixelSource source, ResizePlan plan, byte[] buffer)
    {
        try
        {
            return PixelPipeline.Read(source, plan, buffer);
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

    private string? Refusal(int width, int height, string subject = "its header gives it")
    {
        if (width < 1 || height < 1)
            return $"{subject} no pixels ({width} x {height})";
        return (long)width * height > maxPixelCount
            ? $"{subject} {width} x {height} pixels, more than the {maxPixelCount} that are accepted (MaxPixelCount)"
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

/// <summary>
/// Finds words for why a decoder gave up, from the image's bytes alone, so that the same file always gets the same reason.
/// </summary>
internal static class ImageDamage
{
    private const string EndsEarly = "the file ends before the image does";

    /// <summary>Gives the reason as one clause, or null where the bytes' outline is whole and only their inside can be wrong.</summary>
    internal static string? Describe(EncodedImage encoded)
    {
        ReadOnlySpan<byte> content = encoded.Content.Span;
        return encoded.Format switch
        {
            "jpeg" => DescribeJpeg(JpegStructure.Read(content)),
            "png" => PngChunks.HasEnd(content) ? null : EndsEarly,
            "gif" => content.TrimEnd((byte)0) is [.., 0x3B] ? null : EndsEarly,
            "webp" => content.Length - 8 >= BinaryPrimitives.ReadUInt32LittleEndian(content[4..]) ? null : EndsEarly,
            "tiff" => TiffSoundness.Describe(new TiffDirectory(content)),
            "avif" or "heic" => EndOfBoxes(content) ? null : EndsEarly,
            _ => null,
        };
    }

    /// <summary>Gives the reason for a JPEG, wherever it is stored.</summary>
    internal static string? DescribeJpeg(JpegStructure jpeg) => jpeg switch
    {
        { FrameType: 0xC3 or 0xC7 or 0xCB or 0xCF } => "lossless JPEG is not supported",
        { FrameType: 0xC5 or 0xC6 or 0xCD or 0xCE } => "hierarchical JPEG is not supported",
        { FrameType: not 0, Precision: not 8 } => $"JPEG with {jpeg.Precision}-bit samples is not supported",
        { HasEnd: false } => EndsEarly,
        _ => null,
    };

    // ISO/IEC 14496-12, 4.2: each box begins with its length; 0 is "to the end of the file", 1 "64 bits follow".
    private static bool EndOfBoxes(ReadOnlySpan<byte> content)
    {
        long at = 0;
        while (at + 8 <= content.Length)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(content[(int)at..]);
            if (length == 1 && at + 16 <= content.Length)
                length = BinaryPrimitives.ReadInt64BigEndian(content[((int)at + 8)..]);
            if (length == 0)
                return true;
            if (length < 8 || length > content.Length - at)
                return false;
            at += length;
        }

        return true;
    }
}

/// <summary>An image could not be read: no such file, not an image, damaged, too large, or of a kind that is not accepted.</summary>
public sealed class ImageDecodeException : ImageTrainerException
{
    /// <summary>Describes one unreadable image.</summary>
    /// <param name="path">Path of the file, or null where the image came from memory or a stream.</param>
    /// <param name="reason">One short clause without a full stop: "the file ends before the image does".</param>
    /// <param name="format">The format the content shows ("jpeg", "png", ...), or null where it shows none.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ImageDecodeException(string? path, string reason, string? format = null, Exception? innerException = null)
        : base(Describe(path, reason, format), innerException)
    {
        Path = path;
        Reason = reason;
        Format = format;
    }

    /// <summary>Path of the file, or null where the image came from memory or a stream.</summary>
    public string? Path { get; }

    /// <summary>Why it could not be read: one short clause.</summary>
    public string Reason { get; }

    /// <summary>The format that the content shows, lower case ("jpeg", "png", "webp", ...), or null where it shows none.</summary>
    public string? Format { get; }

    private static string Describe(string? path, string reason, string? format)
    {
        string kind = format is null ? "image" : $"{format} image";
        return path is null ? $"Cannot read the {kind}: {reason}." : $"Cannot read the {kind} '{path}': {reason}.";
    }
}
