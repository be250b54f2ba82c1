namespace ImageTrainer.Imaging.Bitmaps;

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
