namespace ImageTrainer.Imaging;

/// <summary>
/// How stored pixels are turned to stand upright (EXIF 2.32, tag 0x0112). With (x, y) upright and (a, b) stored, (a, b) is
/// (x, y), or (y, x) where the axes are swapped, and is then counted from the other end along each flipped axis.
/// </summary>
/// <param name="value">1 (upright) to 8; anything else counts as 1.</param>
internal readonly struct ExifOrientation(int value)
{
    private const int BytesPerPixel = 3;

    internal bool IsUpright => value is < 2 or > 8;

    internal bool SwapsAxes => value is >= 5 and <= 8;

    internal bool FlipsStoredColumns => value is 2 or 3 or 7 or 8;

    internal bool FlipsStoredRows => value is 3 or 4 or 6 or 7;

    /// <summary>Copies stored pixels upright into a part of a larger image.</summary>
    /// <param name="stored">[height, width, 3], row-major.</param>
    /// <param name="width">Stored width in pixels.</param>
    /// <param name="height">Stored height in pixels.</param>
    /// <param name="destination">Row-major pixels, beginning with the one that the upright top left corner goes to.</param>
    /// <param name="destinationWidth">Pixels from one row of the destination to the next.</param>
    internal void CopyUpright(ReadOnlySpan<byte> stored, int width, int height, Span<byte> destination, int destinationWidth)
    {
        (int columns, int rows) = SwapsAxes ? (height, width) : (width, height);
        if (IsUpright)
        {
            int rowLength = columns * BytesPerPixel;
            for (int y = 0; y < rows; y++)
                stored.Slice(y * rowLength, rowLength).CopyTo(destination[(y * destinationWidth * BytesPerPixel)..]);
            return;
        }

        int alongStoredRow = (FlipsStoredColumns ? -1 : 1) * BytesPerPixel;
        int alongStoredColumn = (FlipsStoredRows ? -1 : 1) * width * BytesPerPixel;
        (int stepX, int stepY) = SwapsAxes ? (alongStoredColumn, alongStoredRow) : (alongStoredRow, alongStoredColumn);
        int start = ((FlipsStoredRows ? (height - 1) * width : 0) + (FlipsStoredColumns ? width - 1 : 0)) * BytesPerPixel;
        for (int y = 0; y < rows; y++)
        {
            int from = start + (y * stepY);
            Span<byte> row = destination.Slice(y * destinationWidth * BytesPerPixel, columns * BytesPerPixel);
            for (int x = 0; x < row.Length; x += BytesPerPixel, from += stepX)
            {
                row[x] = stored[from];
                row[x + 1] = stored[from + 1];
                row[x + 2] = stored[from + 2];
            }
        }
    }
}
