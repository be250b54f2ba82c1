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
