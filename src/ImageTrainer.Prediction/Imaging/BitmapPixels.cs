using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

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

/// <summary>The colours that a BMP file's pixels name by number.</summary>
internal readonly ref struct BitmapPalette
{
    private readonly ReadOnlySpan<byte> _entries;
    private readonly int _entryLength;

    private BitmapPalette(ReadOnlySpan<byte> entries, int entryLength)
    {
        _entries = entries;
        _entryLength = entryLength;
    }

    /// <summary>Takes the palette from the file.</summary>
    /// <exception cref="ImageDefectException">It lies beyond the end.</exception>
    internal static BitmapPalette Read(ReadOnlySpan<byte> content, BitmapPaletteRange range) => range.Start + range.Length <= content.Length
        ? new BitmapPalette(content.Slice(range.Start, range.Length), range.EntryLength)
        : throw new ImageDefectException(BitmapSource.EndsEarly);

    /// <summary>Writes a colour as RGB.</summary>
    /// <exception cref="ImageDefectException">There is no such colour.</exception>
    internal void Paint(int index, Span<byte> pixel)
    {
        int at = index * _entryLength;
        if (at + 3 > _entries.Length)
            throw new ImageDefectException("a pixel names a colour that its palette has not");
        (pixel[0], pixel[1], pixel[2]) = (_entries[at + 2], _entries[at + 1], _entries[at]);
    }
}

/// <summary>
/// Run-length coded palette indices (Windows GDI reference, "Bitmap Compression"): pairs of a count and a value; a count of zero
/// introduces the end of a row (0), the end of the image (1), a move (2) or that many literal pixels.
/// </summary>
internal ref struct BitmapRuns
{
    private readonly ReadOnlySpan<byte> _stored;
    private readonly BitmapPalette _palette;
    private readonly int _width;
    private readonly int _height;
    private readonly bool _isFourBit;
    private int _at;
    private int _x;
    private int _y;

    /// <param name="stored">The coded bytes; what follows the end of the image is ignored.</param>
    /// <param name="header">Of an image whose first stored row is the bottom one, as it always is with runs.</param>
    /// <param name="palette">The colours.</param>
    internal BitmapRuns(ReadOnlySpan<byte> stored, in BitmapHeader header, BitmapPalette palette)
    {
        _stored = stored;
        _palette = palette;
        _width = header.Width;
        _height = header.Height;
        _isFourBit = header.Compression == BitmapCompression.RunLength4;
    }

    /// <summary>Decodes until the end of the image. Pixels that are skipped get the palette's first colour.</summary>
    /// <param name="destination">Receives [H, W, 3], row-major RGB, top row first.</param>
    /// <exception cref="ImageDefectException">The data ends early, leaves the image, or names a colour that is not there.</exception>
    internal void Decode(Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i += 3)
            _palette.Paint(0, destination[i..]);
        while (!IsComplete)
        {
            int count = Next();
            byte value = Next();
            if (count > 0)
                Repeat(destination, count, value);
            else if (value > 2)
                CopyLiterals(destination, value);
            else if (value == 1)
                return;
            else if (value == 0)
                (_x, _y) = (0, _y + 1);
            else
                Move();
        }
    }

    // Some writers leave the end-of-image code out after the last row.
    private readonly bool IsComplete => _y >= _height || (_y == _height - 1 && _x == _width && _at + 1 >= _stored.Length);

    private void Repeat(Span<byte> destination, int count, byte value)
    {
        Span<byte> run = Take(destination, count);
        for (int i = 0; i < count; i++)
            _palette.Paint(_isFourBit ? Half(value, i) : value, run[(i * 3)..]);
    }

    private void CopyLiterals(Span<byte> destination, int count)
    {
        Span<byte> run = Take(destination, count);
        byte value = 0;
        for (int i = 0; i < count; i++)
        {
            if (!_isFourBit || i % 2 == 0)
                value = Next();
            _palette.Paint(_isFourBit ? Half(value, i) : value, run[(i * 3)..]);
        }

        // Literals fill an even number of bytes.
        int byteCount = _isFourBit ? (count + 1) / 2 : count;
        _at += byteCount % 2;
    }

    private static int Half(byte pair, int position) => position % 2 == 0 ? pair >> 4 : pair & 15;

    private void Move()
    {
        _x += Next();
        _y += Next();
        if (_x > _width || _y > _height)
            throw Damaged();
    }

    private Span<byte> Take(Span<byte> destination, int count)
    {
        if (_y >= _height || count > _width - _x)
            throw Damaged();
        int row = _height - 1 - _y;
        Span<byte> run = destination.Slice(((row * _width) + _x) * 3, count * 3);
        _x += count;
        return run;
    }

    private byte Next() => _at < _stored.Length ? _stored[_at++] : throw new ImageDefectException(BitmapSource.EndsEarly);

    private static ImageDefectException Damaged() => new("its pixel data is damaged");
}
