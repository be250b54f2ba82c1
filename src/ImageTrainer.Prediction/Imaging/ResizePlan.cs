namespace ImageTrainer.Imaging;

/// <summary>
/// Where the pixels of an image go: it is scaled, a part of it is kept, and that part is turned upright and laid into the target.
/// The two axes are those of the stored image, before <see cref="Orientation"/>.
/// </summary>
/// <param name="Columns">The stored image's horizontal axis.</param>
/// <param name="Rows">The stored image's vertical axis.</param>
/// <param name="Orientation">How the kept part is turned.</param>
/// <param name="Target">Size of the result, and in <c>Left</c> and <c>Top</c> where the kept part begins in it.</param>
internal readonly record struct ResizePlan(AxisPlan Columns, AxisPlan Rows, ExifOrientation Orientation, PixelArea Target)
{
    /// <summary>The whole image, upright, at its own size.</summary>
    internal static ResizePlan Whole(int width, int height, ExifOrientation orientation)
    {
        (int targetWidth, int targetHeight) = orientation.SwapsAxes ? (height, width) : (width, height);
        var target = new PixelArea(0, 0, targetWidth, targetHeight);
        return new ResizePlan(new AxisPlan(width, 0, width), new AxisPlan(height, 0, height), orientation, target);
    }

    /// <summary>The image brought to the network's shape. An image that has it already keeps every pixel as it is.</summary>
    internal static ResizePlan For(int width, int height, ExifOrientation orientation, ImagePreprocessing preprocessing)
    {
        (int uprightWidth, int uprightHeight) = orientation.SwapsAxes ? (height, width) : (width, height);
        (long scaledWidth, long scaledHeight) = ScaledSize(uprightWidth, uprightHeight, preprocessing);
        AxisPlan x = AxisPlan.Centre(scaledWidth, preprocessing.Width);
        AxisPlan y = AxisPlan.Centre(scaledHeight, preprocessing.Height);
        (int left, int top) = ((preprocessing.Width - x.Kept) / 2, (preprocessing.Height - y.Kept) / 2);
        var target = new PixelArea(left, top, preprocessing.Width, preprocessing.Height);
        (AxisPlan columns, AxisPlan rows) = orientation.SwapsAxes ? (y, x) : (x, y);
        return new ResizePlan(
            orientation.FlipsStoredColumns ? columns.Flipped : columns,
            orientation.FlipsStoredRows ? rows.Flipped : rows,
            orientation,
            target);
    }

    /// <summary>
    /// How far a JPEG may be shrunk while it is decoded, 1, 2, 4 or 8: at least a factor of two is left to the resampler, for the
    /// decoder's own averaging of blocks is coarser than its filter.
    /// </summary>
    internal int ShrinkOnLoad(int width, int height) => Math.Min((double)width / Columns.Scaled, (double)height / Rows.Scaled) switch
    {
        >= 16 => 8,
        >= 8 => 4,
        >= 4 => 2,
        _ => 1,
    };

    // One side gets the target's length exactly; the other is rounded, and kept from being rounded past the target.
    private static (long Width, long Height) ScaledSize(int width, int height, ImagePreprocessing preprocessing)
    {
        (int targetWidth, int targetHeight) = (preprocessing.Width, preprocessing.Height);
        bool isSlenderer = (long)targetWidth * height >= (long)targetHeight * width;
        (long Width, long Height) byWidth = (targetWidth, Math.Max(1, (long)Math.Round((double)height * targetWidth / width)));
        (long Width, long Height) byHeight = (Math.Max(1, (long)Math.Round((double)width * targetHeight / height)), targetHeight);
        return preprocessing.ResizeMode switch
        {
            ResizeMode.Crop when isSlenderer => (targetWidth, Math.Max(byWidth.Height, targetHeight)),
            ResizeMode.Crop => (Math.Max(byHeight.Width, targetWidth), targetHeight),
            ResizeMode.Pad when isSlenderer => (Math.Min(byHeight.Width, targetWidth), targetHeight),
            ResizeMode.Pad => (targetWidth, Math.Min(byWidth.Height, targetHeight)),
            ResizeMode.Fill => (targetWidth, targetHeight),
            _ => throw new ArgumentOutOfRangeException(nameof(preprocessing), preprocessing.ResizeMode, "There is no such resize mode."),
        };
    }
}

/// <summary>One axis of a <see cref="ResizePlan"/>.</summary>
/// <param name="Scaled">Length of the whole image after scaling, in pixels.</param>
/// <param name="Start">First scaled pixel that is kept.</param>
/// <param name="Kept">Number of scaled pixels that are kept.</param>
internal readonly record struct AxisPlan(long Scaled, long Start, int Kept)
{
    /// <summary>
    /// Keeps the centre, at most <paramref name="target"/> pixels of it; of an odd pixel's two places it takes the first.
    /// </summary>
    internal static AxisPlan Centre(long scaled, int target)
    {
        int kept = (int)Math.Min(scaled, target);
        return new AxisPlan(scaled, (scaled - kept) / 2, kept);
    }

    /// <summary>The same pixels counted from the other end.</summary>
    internal AxisPlan Flipped => this with { Start = Scaled - Start - Kept };

    /// <summary>Whether pixels after the kept ones are cut off.</summary>
    internal bool CutsEnd => Start + Kept < Scaled;
}

/// <summary>A rectangle of pixels.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Number of columns.</param>
/// <param name="Height">Number of rows.</param>
internal readonly record struct PixelArea(int Left, int Top, int Width, int Height);

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

/// <summary>
/// How an image becomes the network's input <c>Pixels</c>, float [N, 3, H, W], RGB, 0..255. Normalisation is part of the network.
/// </summary>
public sealed record ImagePreprocessing
{
    /// <summary>Width of the network's input in pixels; default 224.</summary>
    public int Width { get; init; } = 224;

    /// <summary>Height of the network's input in pixels; default 224.</summary>
    public int Height { get; init; } = 224;

    /// <summary>How other shapes are brought to it; default <see cref="ResizeMode.Crop"/>.</summary>
    public ResizeMode ResizeMode { get; init; } = ResizeMode.Crop;

    /// <summary>Number of floats one image takes: 3 * H * W.</summary>
    public int PixelLength => 3 * Height * Width;
}

/// <summary>How an image of any shape becomes one of the network's shape. The names in brackets are ML.NET's.</summary>
public enum ResizeMode
{
    /// <summary>Cover the target, keeping the aspect ratio, and cut off what juts out, the centre kept (IsoCrop).</summary>
    Crop,

    /// <summary>Fit inside the target, keeping the aspect ratio, and fill the rest with black, the image centred (IsoPad).</summary>
    Pad,

    /// <summary>Stretch to the target, ignoring the aspect ratio (Fill).</summary>
    Fill,
}
