using System.Buffers;
using ImageTrainer.Imaging.Vips;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>A BMP file, which libvips as shipped here does not read.</summary>
/// <param name="encoded">The file.</param>
/// <exception cref="VipsException">Its header is damaged or of a kind that is not read.</exception>
internal sealed class BitmapSource(EncodedImage encoded) : IPixelSource
{
    internal const string EndsEarly = "the file ends before the image does";

    private readonly BitmapHeader _header = BitmapHeader.Read(encoded.Content.Span);
    private byte[]? _pixels;
    private MemoryHandle _pinned;
    private VipsImage? _image;

    public int Width => _header.Width;

    public int Height => _header.Height;

    public ExifOrientation Orientation => default;

    /// <inheritdoc/>
    /// <remarks>Uncompressed rows must be there to be read, and run lengths visit each pixel once.</remarks>
    public string? Refusal(long maxPixelCount) => null;

    public unsafe VipsImage Load(int shrink)
    {
        int length = checked(Width * Height * 3);
        _pixels = ArrayPool<byte>.Shared.Rent(length);
        BitmapPixels.Decode(encoded.Content.Span, _header, _pixels.AsSpan(0, length));
        _pinned = _pixels.AsMemory().Pin();
        return _image = VipsImage.FromPixels((byte*)_pinned.Pointer, Width, Height);
    }

    public void Dispose()
    {
        _image?.Dispose();
        _pinned.Dispose();
        if (_pixels is not null)
            ArrayPool<byte>.Shared.Return(_pixels);
        _pixels = null;
    }
}
