using System.Buffers.Binary;
using System.Numerics;

namespace ImageTrainer.Imaging.Bitmaps;

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
