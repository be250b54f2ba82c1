using System.Buffers.Binary;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>The pixels of a BMP file to upright opaque RGB.</summary>
internal static class BitmapPixels
{
    /// <summary>Makes sure that uncompressed pixels are all there, before memory is taken for them.</summary>
    /// <exception cref="ImageDefectException">The file ends before they do.</exception>
    internal static void ThrowIfMissing(ReadOnlySpan<byte> content, in BitmapHeader header)
    {
        long lastRow = (((long)header.Width * header.BitsPerPixel) + 7) / 8;
        long length = header.IsRunLength ? 0 : (header.RowLength * (header.Height - 1)) + lastRow;
        if (header.PixelOffset + length > content.Length)
            throw new ImageDefectException(BitmapSource.EndsEarly);
    }

    /// <summary>Decodes every pixel.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="header">Its header, of a size that has been checked.</param>
    /// <param name="destination">Receives [H, W, 3], row-major RGB, top row first.</param>
    /// <exception cref="ImageDefectException">Pixels are missing, or name colours that the palette has not.</exception>
    internal static void Decode(ReadOnlySpan<byte> content, in BitmapHeader header, Span<byte> destination)
    {
        ReadOnlySpan<byte> stored = content[(int)header.PixelOffset..];
        if (header.IsRunLength)
            new BitmapRuns(stored, header, BitmapPalette.Read(content, header.Palette)).Decode(destination);
        else if (header.BitsPerPixel <= 8)
            DecodeIndices(stored, header, BitmapPalette.Read(content, header.Palette), destination);
        else if (header.BitsPerPixel == 24)
            DecodeTriples(stored, header, destination);
        else
            DecodeMasked(stored, header, destination);
    }

    private static void DecodeIndices(ReadOnlySpan<byte> stored, in BitmapHeader header, BitmapPalette palette, Span<byte> destination)
    {
        int bits = header.BitsPerPixel;
        int perByte = 8 / bits;
        for (int y = 0; y < header.Height; y++)
        {
            ReadOnlySpan<byte> from = stored[(int)(y * header.RowLength)..];
            Span<byte> row = Row(destination, header, y);
            for (int x = 0; x < header.Width; x++)
                palette.Paint((from[x / perByte] >> (8 - bits - (x % perByte * bits))) & ((1 << bits) - 1), row[(x * 3)..]);
        }
    }

    private static void DecodeTriples(ReadOnlySpan<byte> stored, in BitmapHeader header, Span<byte> destination)
    {
        for (int y = 0; y < header.Height; y++)
        {
            Span<byte> row = Row(destination, header, y);
            ReadOnlySpan<byte> from = stored.Slice((int)(y * header.RowLength), row.Length);
            for (int x = 0; x < row.Length; x += 3)
                (row[x], row[x + 1], row[x + 2]) = (from[x + 2], from[x + 1], from[x]);
        }
    }

    private static void DecodeMasked(ReadOnlySpan<byte> stored, in BitmapHeader header, Span<byte> destination)
    {
        int pixelLength = header.BitsPerPixel / 8;
        BitmapMasks masks = header.Masks;
        // Files whose every pixel is "transparent" are those of programs that leave the alpha bits zero.
        bool hasAlpha = masks.Alpha != 0 && AnyAlpha(stored, header);
        for (int y = 0; y < header.Height; y++)
        {
            Span<byte> row = Row(destination, header, y);
            ReadOnlySpan<byte> from = stored[(int)(y * header.RowLength)..];
            for (int x = 0; x < header.Width; x++)
            {
                uint pixel = Pixel(from, x, pixelLength);
                int alpha = hasAlpha ? BitmapMasks.Scale(pixel, masks.Alpha) : 255;
                row[x * 3] = OverWhite(BitmapMasks.Scale(pixel, masks.Red), alpha);
                row[(x * 3) + 1] = OverWhite(BitmapMasks.Scale(pixel, masks.Green), alpha);
                row[(x * 3) + 2] = OverWhite(BitmapMasks.Scale(pixel, masks.Blue), alpha);
            }
        }
    }

    private static bool AnyAlpha(ReadOnlySpan<byte> stored, in BitmapHeader header)
    {
        for (int y = 0; y < header.Height; y++)
        {
            ReadOnlySpan<byte> from = stored[(int)(y * header.RowLength)..];
            for (int x = 0; x < header.Width; x++)
            {
                if ((Pixel(from, x, header.BitsPerPixel / 8) & header.Masks.Alpha) != 0)
                    return true;
            }
        }

        return false;
    }

    private static uint Pixel(ReadOnlySpan<byte> row, int x, int pixelLength) => pixelLength == 2
        ? BinaryPrimitives.ReadUInt16LittleEndian(row[(x * 2)..])
        : BinaryPrimitives.ReadUInt32LittleEndian(row[(x * 4)..]);

    private static byte OverWhite(byte value, int alpha) => (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);

    private static Span<byte> Row(Span<byte> destination, in BitmapHeader header, int storedRow)
    {
        int y = header.IsTopDown ? storedRow : header.Height - 1 - storedRow;
        return destination.Slice(y * header.Width * 3, header.Width * 3);
    }
}
