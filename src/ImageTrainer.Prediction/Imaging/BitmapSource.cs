using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using NetVips;

namespace ImageTrainer.Imaging;

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

/// <summary>
/// The headers of a BMP file: BITMAPFILEHEADER and one of BITMAPCOREHEADER, OS22XBITMAPHEADER, BITMAPINFOHEADER, BITMAPV2/V3/V4/V5HEADER
/// (Windows GDI reference, "Bitmap Header Types").
/// </summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="IsTopDown">Whether the first stored row is the top one.</param>
/// <param name="BitsPerPixel">1, 2, 4, 8, 16, 24 or 32.</param>
/// <param name="Compression">How the pixels are stored.</param>
/// <param name="PixelOffset">Where the pixels begin, from the start of the file.</param>
/// <param name="Palette">Where the palette lies.</param>
/// <param name="Masks">Which bits of a 16 or 32-bit pixel make its channels.</param>
internal readonly record struct BitmapHeader(
    int Width,
    int Height,
    bool IsTopDown,
    int BitsPerPixel,
    BitmapCompression Compression,
    long PixelOffset,
    BitmapPaletteRange Palette,
    BitmapMasks Masks)
{
    private const int FileHeaderLength = 14;
    private const int CoreHeaderLength = 12;
    private const int InfoHeaderLength = 40;
    private const int Os2HeaderLength = 64;

    /// <summary>Bytes of a stored row of uncompressed pixels: a multiple of four.</summary>
    internal long RowLength => ((((long)Width * BitsPerPixel) + 31) / 32) * 4;

    internal bool IsRunLength => Compression is BitmapCompression.RunLength8 or BitmapCompression.RunLength4;

    /// <summary>Reads the headers.</summary>
    /// <exception cref="ImageDefectException">They are damaged, or of a kind that is not read.</exception>
    internal static BitmapHeader Read(ReadOnlySpan<byte> content)
    {
        if (content.Length < FileHeaderLength + CoreHeaderLength)
            throw Refused(BitmapSource.EndsEarly);
        uint pixelOffset = BinaryPrimitives.ReadUInt32LittleEndian(content[10..]);
        int headerLength = BinaryPrimitives.ReadInt32LittleEndian(content[FileHeaderLength..]);
        if (content.Length < FileHeaderLength + headerLength)
            throw Refused(BitmapSource.EndsEarly);
        ReadOnlySpan<byte> header = content.Slice(FileHeaderLength, headerLength);
        return headerLength switch
        {
            CoreHeaderLength => ReadCore(header, pixelOffset),
            16 or InfoHeaderLength or 52 or 56 or Os2HeaderLength or 108 or 124 => ReadInfo(content, header, pixelOffset),
            _ => throw Refused("its header is of an unknown kind"),
        };
    }

    private static BitmapHeader ReadCore(ReadOnlySpan<byte> header, uint pixelOffset)
    {
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var palette = BitmapPaletteRange.For(FileHeaderLength + CoreHeaderLength, bits, entryCount: 0, entryLength: 3);
        return Check(new BitmapHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(header[4..]), BinaryPrimitives.ReadUInt16LittleEndian(header[6..]),
            IsTopDown: false, bits, BitmapCompression.None, pixelOffset, palette, BitmapMasks.Default(bits)));
    }

    private static BitmapHeader ReadInfo(ReadOnlySpan<byte> content, ReadOnlySpan<byte> header, uint pixelOffset)
    {
        int width = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        int height = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (height == int.MinValue)
            throw Refused("its header gives it an impossible height");
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(header[14..]);
        // A 16-byte header is the OS/2 one cut short; what it leaves out is zero.
        bool isShort = header.Length < InfoHeaderLength;
        var compression = isShort ? BitmapCompression.None : (BitmapCompression)BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        uint colourCount = isShort ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(header[32..]);
        // In OS/2, 3 is Huffman coding and 4 a run-length coding of 24 bits.
        if (header.Length == Os2HeaderLength && compression > BitmapCompression.RunLength4)
            throw Refused("its OS/2 compression is not supported");
        (BitmapMasks masks, int maskLength) = BitmapMasks.Read(content, header, bits, compression);
        var palette = BitmapPaletteRange.For(FileHeaderLength + header.Length + maskLength, bits, colourCount, entryLength: 4);
        return Check(new BitmapHeader(width, Math.Abs(height), IsTopDown: height < 0, bits, compression, pixelOffset, palette, masks));
    }

    private static BitmapHeader Check(BitmapHeader header)
    {
        bool isKnown = (header.Compression, header.BitsPerPixel) switch
        {
            (BitmapCompression.None, 1 or 2 or 4 or 8 or 16 or 24 or 32) => true,
            (BitmapCompression.RunLength8, 8) or (BitmapCompression.RunLength4, 4) => !header.IsTopDown,
            (BitmapCompression.BitFields or BitmapCompression.AlphaBitFields, 16 or 32) => true,
            _ => false,
        };
        if (!isKnown)
            throw Refused($"BMP with {header.BitsPerPixel} bits a pixel and compression {(uint)header.Compression} is not supported");
        long afterPalette = header.Palette.Start + header.Palette.Length;
        return header.PixelOffset == 0 ? header with { PixelOffset = afterPalette } : header;
    }

    private static ImageDefectException Refused(string reason) => new(reason);
}

/// <summary>The <c>biCompression</c> values that are read.</summary>
internal enum BitmapCompression : uint
{
    None = 0,
    RunLength8 = 1,
    RunLength4 = 2,
    BitFields = 3,
    AlphaBitFields = 6,
}

/// <summary>Where a palette lies in the file.</summary>
/// <param name="Start">Offset of its first entry.</param>
/// <param name="EntryCount">Number of entries, 0 to 256.</param>
/// <param name="EntryLength">Bytes an entry: blue, green, red, and in all but the oldest files an unused one.</param>
internal readonly record struct BitmapPaletteRange(int Start, int EntryCount, int EntryLength)
{
    internal int Length => EntryCount * EntryLength;

    // More colours than the pixels can name are legal and useless.
    internal static BitmapPaletteRange For(int start, int bitsPerPixel, uint entryCount, int entryLength)
    {
        if (bitsPerPixel is < 1 or > 8)
            return new BitmapPaletteRange(start, 0, entryLength);
        uint most = 1u << bitsPerPixel;
        return new BitmapPaletteRange(start, (int)(entryCount == 0 ? most : Math.Min(entryCount, most)), entryLength);
    }
}

/// <summary>Which bits of a 16 or 32-bit pixel make up each channel.</summary>
/// <param name="Red">Bits of red.</param>
/// <param name="Green">Bits of green.</param>
/// <param name="Blue">Bits of blue.</param>
/// <param name="Alpha">Bits of opacity; 0 where every pixel is opaque.</param>
internal readonly record struct BitmapMasks(uint Red, uint Green, uint Blue, uint Alpha)
{
    private const int FileHeaderLength = 14;
    private const int InfoHeaderLength = 40;
    private const int LengthWithAlphaMask = 56;

    /// <summary>What pixels without masks mean: 5 bits a channel of 16, 8 bits a channel of more, the rest unused.</summary>
    internal static BitmapMasks Default(int bitsPerPixel) =>
        bitsPerPixel == 16 ? new(0x7C00, 0x03E0, 0x001F, 0) : new(0x00FF0000, 0x0000FF00, 0x000000FF, 0);

    /// <summary>Reads the masks: inside headers of 52 bytes and more, behind the 40-byte one.</summary>
    /// <returns>The masks, and how many bytes they take behind the header.</returns>
    /// <exception cref="ImageDefectException">They lie beyond the end of the file.</exception>
    internal static (BitmapMasks Masks, int Length) Read(
        ReadOnlySpan<byte> content, ReadOnlySpan<byte> header, int bitsPerPixel, BitmapCompression compression)
    {
        if (compression is not (BitmapCompression.BitFields or BitmapCompression.AlphaBitFields))
            return (Default(bitsPerPixel), 0);
        bool hasAlpha = compression == BitmapCompression.AlphaBitFields || header.Length >= LengthWithAlphaMask;
        int length = hasAlpha ? 16 : 12;
        ReadOnlySpan<byte> masks = content[(FileHeaderLength + InfoHeaderLength)..];
        if (masks.Length < length)
            throw new ImageDefectException(BitmapSource.EndsEarly);
        var read = new BitmapMasks(
            BinaryPrimitives.ReadUInt32LittleEndian(masks), BinaryPrimitives.ReadUInt32LittleEndian(masks[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(masks[8..]), hasAlpha ? BinaryPrimitives.ReadUInt32LittleEndian(masks[12..]) : 0);
        return (read, header.Length == InfoHeaderLength ? length : 0);
    }

    /// <summary>A channel's value in a pixel, brought from its own range to 0..255 and rounded; 0 for a channel without bits.</summary>
    internal static byte Scale(uint pixel, uint mask)
    {
        if (mask == 0)
            return 0;
        int shift = BitOperations.TrailingZeroCount(mask);
        ulong most = mask >> shift;
        return (byte)((((ulong)((pixel & mask) >> shift) * 255) + (most / 2)) / most);
    }
}
