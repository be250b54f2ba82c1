using System.Runtime.InteropServices;
using NetVips;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>A BMP file, which libvips as shipped here does not read.</summary>
/// <param name="encoded">The file.</param>
/// <exception cref="ImageDefectException">Its header is damaged or of a kind that is not read.</exception>
internal sealed class BitmapSource(EncodedImage encoded) : IPixelSource
{
    internal const string EndsEarly = "the file ends before the image does";

    private readonly BitmapHeader _header = BitmapHeader.Read(encoded.Content.Span);
    private NativePixels? _pixels;
    private Image? _image;

    public int Width => _header.Width;

    public int Height => _header.Height;

    public ExifOrientation Orientation => default;

    /// <inheritdoc/>
    /// <remarks>Uncompressed rows must be there to be read, and run lengths visit each pixel once.</remarks>
    public string? Refusal(long maxPixelCount) => null;

    public unsafe Image Load(int shrink)
    {
        BitmapPixels.ThrowIfMissing(encoded.Content.Span, _header);
        _pixels = new NativePixels(checked(Width * Height * 3));
        BitmapPixels.Decode(encoded.Content.Span, _header, _pixels.Bytes);
        return _image = Image.NewFromMemory((nint)_pixels.Pointer, (ulong)_pixels.Bytes.Length, Width, Height, bands: 3, Enums.BandFormat.Uchar);
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
