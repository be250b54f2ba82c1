using ImageTrainer.Imaging.Vips;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>
/// Run-length coded palette indices (Windows GDI reference, "Bitmap Compression"): pairs of a count and a value; a count of zero
/// introduces the end of a row (0), the end of the image (1), a move (2) or that many literal pixels.
/// </summary>
internal ref struct BitmapRuns
{
    private readonly ReadOnlySpan<byte> _stored;
    private readonly int _width;
    private readonly int _height;
    private readonly bool _isFourBit;
    private int _at;
    private int _x;
    private int _y;

    /// <param name="stored">The coded bytes; what follows the end of the image is ignored.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="isFourBit">Whether a byte holds two pixels, the first in its high half.</param>
    internal BitmapRuns(ReadOnlySpan<byte> stored, int width, int height, bool isFourBit)
    {
        _stored = stored;
        _width = width;
        _height = height;
        _isFourBit = isFourBit;
    }

    /// <summary>Decodes until the end of the image; pixels that are skipped stay as they are.</summary>
    /// <param name="indices">Receives one byte a pixel, the first stored row first.</param>
    /// <exception cref="VipsException">The data ends early, or leaves the image.</exception>
    internal void Decode(Span<byte> indices)
    {
        // Some writers leave the end-of-image code out after the last row.
        while (_y < _height && (_y < _height - 1 || _x < _width || _at + 1 < _stored.Length))
        {
            int count = Next();
            byte value = Next();
            if (count > 0)
                Repeat(indices, count, value);
            else if (value > 2)
                CopyLiterals(indices, value);
            else if (value == 1)
                return;
            else if (value == 0)
                (_x, _y) = (0, _y + 1);
            else
                Move();
        }
    }

    private void Repeat(Span<byte> indices, int count, byte value)
    {
        Span<byte> run = Take(indices, count);
        for (int i = 0; i < count; i++)
            run[i] = _isFourBit ? (byte)(i % 2 == 0 ? value >> 4 : value & 15) : value;
    }

    private void CopyLiterals(Span<byte> indices, int count)
    {
        Span<byte> run = Take(indices, count);
        byte pair = 0;
        for (int i = 0; i < count; i++)
        {
            if (!_isFourBit || i % 2 == 0)
                pair = Next();
            run[i] = _isFourBit ? (byte)(i % 2 == 0 ? pair >> 4 : pair & 15) : pair;
        }

        // Literals fill an even number of bytes.
        int byteCount = _isFourBit ? (count + 1) / 2 : count;
        _at += byteCount % 2;
    }

    private void Move()
    {
        _x += Next();
        _y += Next();
        if (_x > _width || _y > _height)
            throw Damaged();
    }

    private Span<byte> Take(Span<byte> indices, int count)
    {
        if (_y >= _height || count > _width - _x)
            throw Damaged();
        Span<byte> run = indices.Slice((_y * _width) + _x, count);
        _x += count;
        return run;
    }

    private byte Next() => _at < _stored.Length ? _stored[_at++] : throw new VipsException("bmp runs", BitmapSource.EndsEarly);

    private static VipsException Damaged() => new("bmp runs", "its pixel data is damaged");
}
