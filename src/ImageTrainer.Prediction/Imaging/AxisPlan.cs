namespace ImageTrainer.Imaging;

/// <summary>One axis of a <see cref="ResizePlan"/>.</summary>
/// <param name="Scaled">Length of the whole image after scaling, in pixels.</param>
/// <param name="Start">First scaled pixel that is kept.</param>
/// <param name="Kept">Number of scaled pixels that are kept.</param>
internal readonly record struct AxisPlan(long Scaled, long Start, int Kept)
{
    // A 1 x 30000 image that covers 224 x 224 would be scaled to 224 x 6720000: beyond this, only the kept part is scaled.
    private const int LongestScaledToKept = 8;

    /// <summary>Keeps the centre, at most <paramref name="target"/> pixels of it; of an odd pixel's two places it takes the first.</summary>
    internal static AxisPlan Centre(long scaled, int target)
    {
        int kept = (int)Math.Min(scaled, target);
        return new AxisPlan(scaled, (scaled - kept) / 2, kept);
    }

    /// <summary>The same pixels counted from the other end.</summary>
    internal AxisPlan Flipped => this with { Start = Scaled - Start - Kept };

    /// <summary>Whether pixels after the kept ones are cut off.</summary>
    internal bool CutsEnd => Start + Kept < Scaled;

    /// <summary>Picks the source pixels to scale: all of them but where the image is out of all proportion.</summary>
    /// <param name="length">Length of the source in pixels.</param>
    /// <returns>The source pixels, and the plan that scales and keeps the same from just them.</returns>
    internal (int Start, int Length, AxisPlan Plan) Window(int length)
    {
        if (Scaled <= (long)LongestScaledToKept * Kept)
            return (0, length, this);
        double scale = (double)Scaled / length;
        double margin = 2 + (2 / scale);
        int start = (int)Math.Max(0, Math.Floor((Start / scale) - margin));
        int end = (int)Math.Min(length, Math.Ceiling(((Start + Kept) / scale) + margin));
        long scaled = Math.Max(Kept, (long)Math.Round((end - start) * scale));
        long kept = Math.Clamp(Start - (long)Math.Round(start * scale), 0, scaled - Kept);
        return (start, end - start, new AxisPlan(scaled, kept, Kept));
    }
}
