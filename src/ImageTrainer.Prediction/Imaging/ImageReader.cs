using System.Buffers;
using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Imaging;

/// <summary>
/// Reads images of any supported format, recognised by content: upright by their EXIF orientation, converted to sRGB, transparent
/// parts over white, the first frame of animations and the first page of documents. Safe for concurrent callers; each image is decoded on its caller's thread.
/// </summary>
/// <remarks>
/// Every failure that lies in the image or its file, a missing file and a folder included, is an <see cref="ImageDecodeException"/>.
/// Truncated and corrupt images are failures: no image is given with parts missing. A colour profile that cannot be applied is none of
/// them: the
/// pixels then count as sRGB, and <see cref="UnappliedProfiles"/> counts it.
/// </remarks>
public sealed class ImageReader
{
    private readonly ImageDecoder _decoder;

    /// <summary>Makes a reader; it holds no resources.</summary>
    /// <param name="options">What to accept; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ImageReader(ImageReaderOptions? options = null)
        : this(options, new UnappliedProfiles())
    {
    }

    /// <summary>Makes a reader that counts together with others.</summary>
    internal ImageReader(ImageReaderOptions? options, UnappliedProfiles unapplied)
    {
        options ??= new ImageReaderOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxPixelCount, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxPixelCount, 700_000_000, nameof(options));
        UnappliedProfiles = unapplied;
        _decoder = new ImageDecoder(options.MaxPixelCount, unapplied);
    }

    /// <summary>The images decoded so far whose colour profile could not be applied.</summary>
    public UnappliedProfiles UnappliedProfiles { get; }

    /// <summary>Reads an image's format and size without decoding pixels.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ImageDecodeException">The file cannot be read, or its header is not one of an image that is accepted.</exception>
    public ImageHeader ReadHeader(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ImageContent content = ImageContent.FromFile(path);
        return ReadHeader(content.Bytes, path);
    }

    /// <inheritdoc cref="ReadHeader(string)"/>
    /// <param name="content">The whole file's bytes.</param>
    /// <param name="path">The path to name in exceptions, if there is one.</param>
    public ImageHeader ReadHeader(ReadOnlyMemory<byte> content, string? path = null) =>
        _decoder.ReadHeader(EncodedImage.Recognise(content, path));

    /// <summary>Decodes a whole image at its own size.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ImageDecodeException">The file cannot be read, or holds no sound image that is accepted.</exception>
    public RgbImage Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ImageContent content = ImageContent.FromFile(path);
        return Read(content.Bytes, path);
    }

    /// <inheritdoc cref="Read(string)"/>
    /// <param name="content">The whole file's bytes.</param>
    /// <param name="path">The path to name in exceptions, if there is one.</param>
    public RgbImage Read(ReadOnlyMemory<byte> content, string? path = null) =>
        _decoder.Decode(EncodedImage.Recognise(content, path), preprocessing: null);

    /// <summary>Decodes a whole image at its own size from a stream, read from where it stands to its end and left open.</summary>
    /// <param name="stream">A readable stream.</param>
    /// <exception cref="ImageDecodeException">The stream fails, or holds no sound image that is accepted.</exception>
    public RgbImage Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using ImageContent content = ImageContent.FromStream(stream);
        return Read(content.Bytes);
    }

    /// <summary>
    /// Decodes an image and brings it to the network's shape, as <see cref="ReadPixels(string, ImagePreprocessing, Span{float})"/>
    /// does, but in bytes.
    /// </summary>
    /// <param name="content">The whole file's bytes.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="path">The path to name in exceptions, if there is one.</param>
    /// <returns>An image of exactly the width and height asked for. One that had this size already keeps every pixel.</returns>
    /// <exception cref="ImageDecodeException">The content is no sound image that is accepted.</exception>
    public RgbImage Read(ReadOnlyMemory<byte> content, ImagePreprocessing preprocessing, string? path = null)
    {
        ThrowIfInvalid(preprocessing);
        return _decoder.Decode(EncodedImage.Recognise(content, path), preprocessing);
    }

    /// <summary>
    /// Decodes an image into a network's input. Nothing it allocates grows with the image but native memory and pooled buffers.
    /// </summary>
    /// <param name="content">The whole file's bytes.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="destination">
    /// Receives [3, H, W]: planes of red, green and blue, row-major, 0..255. It holds exactly
    /// <see cref="ImagePreprocessing.PixelLength"/> floats.
    /// </param>
    /// <param name="path">The path to name in exceptions, if there is one.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="ImageDecodeException">
    /// The content is no sound image that is accepted; <paramref name="destination"/> is as it was.
    /// </exception>
    public void ReadPixels(ReadOnlyMemory<byte> content, ImagePreprocessing preprocessing, Span<float> destination, string? path = null)
    {
        ThrowIfInvalid(preprocessing);
        ReadPlanes(preprocessing, destination, interleaved => _decoder.Decode(EncodedImage.Recognise(content, path), preprocessing, interleaved));
    }

    /// <summary>Brings an image that is decoded already into a network's input: just what would become of a file with these pixels.</summary>
    /// <param name="image">The pixels, upright and in sRGB.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="destination">Receives [3, H, W].</param>
    /// <exception cref="ArgumentException">
    /// The image has not three bytes a pixel, or <paramref name="destination"/> has another length.
    /// </exception>
    /// <exception cref="ImageDecodeException">The image is larger than is accepted.</exception>
    internal void ReadPixels(RgbImage image, ImagePreprocessing preprocessing, Span<float> destination) =>
        ReadPlanes(preprocessing, destination, interleaved => _decoder.Fit(image, preprocessing, interleaved));

    /// <inheritdoc cref="ReadPixels(ReadOnlyMemory{byte}, ImagePreprocessing, Span{float}, string?)"/>
    /// <param name="path">Path of the file.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="destination">Receives [3, H, W].</param>
    public void ReadPixels(string path, ImagePreprocessing preprocessing, Span<float> destination)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ImageContent content = ImageContent.FromFile(path);
        ReadPixels(content.Bytes, preprocessing, destination, path);
    }

    private static void ReadPlanes(ImagePreprocessing preprocessing, Span<float> destination, Action<byte[]> decode)
    {
        if (destination.Length != preprocessing.PixelLength)
            throw new ArgumentException($"It holds {destination.Length} floats; the image takes {preprocessing.PixelLength}.", nameof(destination));
        byte[] interleaved = ArrayPool<byte>.Shared.Rent(preprocessing.PixelLength);
        try
        {
            decode(interleaved);
            PlanarPixels.Convert(interleaved.AsSpan(0, preprocessing.PixelLength), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(interleaved);
        }
    }

    private static void ThrowIfInvalid(ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfLessThan(preprocessing.Width, 1, nameof(preprocessing));
        ArgumentOutOfRangeException.ThrowIfLessThan(preprocessing.Height, 1, nameof(preprocessing));
    }
}

/// <summary>What an <see cref="ImageReader"/> accepts.</summary>
public sealed record ImageReaderOptions
{
    /// <summary>
    /// Largest number of pixels (width times height) an image may have; larger ones are refused by their header, before
    /// any pixel is decoded. Default 100 million, at most 700 million: three bytes each fill the largest array .NET has.
    /// </summary>
    [Range(1.0, 700_000_000.0)]
    public long MaxPixelCount { get; init; } = 100_000_000;
}

/// <summary>What an image's header says, without decoding a pixel.</summary>
/// <param name="Format">"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif" or "heic", by content.</param>
/// <param name="Width">Width in pixels as stored: before an EXIF orientation is applied.</param>
/// <param name="Height">Height in pixels as stored; of the first frame or page where there are several.</param>
public readonly record struct ImageHeader(string Format, int Width, int Height);

/// <summary>A decoded image: upright, sRGB, opaque.</summary>
/// <param name="Width">Width in pixels, at least 1.</param>
/// <param name="Height">Height in pixels, at least 1.</param>
/// <param name="Pixels">[H, W, 3], row-major, RGB, 0..255.</param>
public sealed record RgbImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>Throws where there are other than three bytes a pixel.</summary>
    internal static void ThrowIfInvalid(RgbImage image)
    {
        if (image.Width < 1 || image.Height < 1 || image.Pixels.LongLength != 3L * image.Width * image.Height)
            throw new ArgumentException($"{image.Width} x {image.Height} pixels do not take {image.Pixels.Length} bytes.", nameof(image));
    }
}

/// <summary>
/// Images whose colour profile could not be applied, damaged as it is or made for another kind of colour: their pixels count as sRGB, and
/// their colours may be off. Safe for concurrent callers.
/// </summary>
public sealed class UnappliedProfiles
{
    private readonly Lock _lock = new();
    private readonly HashSet<string>? _paths;

    /// <param name="countsFilesOnce">Whether a file that is decoded again counts no more; its path is kept for that.</param>
    internal UnappliedProfiles(bool countsFilesOnce = false) => _paths = countsFilesOnce ? new HashSet<string>(StringComparer.Ordinal) : null;

    /// <summary>How many images so far.</summary>
    public long Count { get; private set; }

    /// <summary>The first of their paths in ordinal order; null where there is none, as of images from memory.</summary>
    public string? FirstPath { get; private set; }

    /// <summary>Counts an image.</summary>
    internal void Add(string? path)
    {
        lock (_lock)
        {
            if (path is not null && _paths?.Add(path) == false) return;
            Count++;
            if (path is not null && (FirstPath is null || string.CompareOrdinal(path, FirstPath) < 0)) FirstPath = path;
        }
    }
}
