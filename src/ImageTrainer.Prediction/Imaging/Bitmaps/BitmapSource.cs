using System.Runtime.InteropServices;
using ImageTrainer.Imaging.Vips;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>A BMP file, which libvips as shipped here does not read.</summary>
/// <param name="encoded">The file.</param>
/// <exception cref="VipsException">Its header is damaged or of a kind that is not read.</exception>
internal sealed class BitmapSource(EncodedImage encoded) : IPixelSource
{
    internal const string EndsEarly = "the file ends before the image does";

    private readonly BitmapHeader _header = BitmapHeader.Read(encoded.Content.Span);
    private NativePixels? _pixels;
    private VipsImage? _image;

    public int Width => _header.Width;

    public int Height => _header.Height;

    public ExifOrientation Orientation => default;

    /// <inheritdoc/>
    /// <remarks>Uncompressed rows must be there to be read, and run lengths visit each pixel once.</remarks>
    public string? Refusal(long maxPixelCount) => null;

    public unsafe VipsImage Load(int shrink)
    {
        BitmapPixels.ThrowIfMissing(encoded.Content.Span, _header);
        _pixels = new NativePixels(checked(Width * Height * 3));
        BitmapPixels.Decode(encoded.Content.Span, _header, _pixels.Bytes);
        return _image = VipsImage.FromPixels(_pixels.Pointer, Width, Height);
    }

    public void Dispose()
    {
        _image?.Dispose();
        _pixels?.Dispose();
    }

    // Not a pooled array: the pool would keep hundreds of megabytes after one large image.
    private sealed unsafe class NativePixels : SafeHandle
    {
        private readonly int _length;

        internal NativePixels(int length)
            : base(0, ownsHandle: true)
        {
            _length = length;
            SetHandle((nint)NativeMemory.Alloc((nuint)length));
        }

        public override bool IsInvalid => handle == 0;

        internal byte* Pointer => (byte*)handle;

        internal Span<byte> Bytes => new(Pointer, _length);

        protected override bool ReleaseHandle()
        {
            NativeMemory.Free((void*)handle);
            return true;
        }
    }
}
