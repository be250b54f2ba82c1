namespace ImageTrainer.Imaging.Bitmaps;

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
