namespace ImageTrainer.Imaging;

/// <summary>One axis of a <see cref="ResizePlan"/>.</summary>
/// <param name="Scaled">Length of the whole image after scaling, in pixels.</param>
/// <param name="Start">First scaled pixel that is kept.</param>
/// <param name="Kept">Number of scaled pixels that are kept.</param>
internal readonly record struct AxisPlan(long Scaled, long Start, int Kept)
{
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
}
