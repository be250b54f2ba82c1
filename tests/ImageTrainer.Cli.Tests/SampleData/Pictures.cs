using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.SampleData;

internal static class Pictures
{
    /// <summary>Mean absolute difference of two pictures of one size, in grey levels, 0 to 255.</summary>
    public static double MeanDifference(RgbImage left, RgbImage right) =>
        left.Pixels.Zip(right.Pixels, (a, b) => Math.Abs(a - b)).Average();
}
