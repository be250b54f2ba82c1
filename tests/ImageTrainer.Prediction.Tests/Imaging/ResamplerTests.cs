using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ResamplerTests
{
    // Sums of floats against sums of doubles: a half may be rounded to either side.
    private const int RoundingTolerance = 1;

    [TestMethod]
    [DataRow(40, 30, 40, 30)]
    [DataRow(320, 240, 299, 224)]
    [DataRow(101, 67, 33, 22)]
    [DataRow(16, 9, 64, 36)]
    [DataRow(1, 1, 7, 5)]
    [DataRow(300, 2, 10, 9)]
    [DataRow(5, 400, 11, 8)]
    public void Finish_AnySize_IsTheTriangleFilter(int width, int height, int scaledWidth, int scaledHeight)
    {
        RgbImage image = TestImages.Noise(width, height, seed: width);
        AxisPlan columns = AxisPlan.Centre(scaledWidth, scaledWidth), rows = AxisPlan.Centre(scaledHeight, scaledHeight);

        byte[] scaled = Scale(image, columns, rows);

        AssertNear(SlowScale(image, columns, rows), scaled);
    }

    [TestMethod]
    [DataRow(7, 11)]
    [DataRow(0, 0)]
    public void Finish_PartOfTheImage_IsThatPartOfTheWhole(int left, int top)
    {
        RgbImage image = TestImages.Noise(90, 120, seed: 3);
        AxisPlan columns = new(Scaled: 48, left, Kept: 31), rows = new(Scaled: 50, top, Kept: 37);

        byte[] part = Scale(image, columns, rows);

        AssertNear(SlowScale(image, columns, rows), part);
    }

    [TestMethod]
    public void Area_CutImage_LeavesOutWhatIsNotNeeded()
    {
        using var resampler = new Resampler(1000, 800, new AxisPlan(100, 20, 50), new AxisPlan(80, 0, 40));

        // A target sample of ten source samples reaches ten to either side of its centre: 20 * 10 - 5 and 70 * 10 + 5.
        Assert.AreEqual(new PixelArea(195, 0, 510, 405), resampler.Area);
    }

    private static byte[] Scale(RgbImage image, AxisPlan columns, AxisPlan rows)
    {
        using var resampler = new Resampler(image.Width, image.Height, columns, rows);
        PixelArea area = resampler.Area;
        for (int y = area.Top; y < area.Top + area.Height; y++)
            resampler.Add(y, image.Pixels.AsSpan(((y * image.Width) + area.Left) * 3, area.Width * 3));
        byte[] scaled = new byte[columns.Kept * rows.Kept * 3];
        resampler.Finish(scaled);
        return scaled;
    }

    // Every target sample from every source sample that has a weight, in doubles.
    private static byte[] SlowScale(RgbImage image, AxisPlan columns, AxisPlan rows)
    {
        (int At, double Weight)[][] across = Weights(image.Width, columns), down = Weights(image.Height, rows);
        byte[] scaled = new byte[columns.Kept * rows.Kept * 3];
        for (int i = 0; i < scaled.Length; i++)
        {
            (int x, int y, int channel) = (i / 3 % columns.Kept, i / 3 / columns.Kept, i % 3);
            double sum = down[y].Sum(row => across[x].Sum(column =>
                row.Weight * column.Weight * image.Pixels[(((row.At * image.Width) + column.At) * 3) + channel]));
            scaled[i] = (byte)Math.Round(sum, MidpointRounding.AwayFromZero);
        }

        return scaled;
    }

    private static (int At, double Weight)[][] Weights(int length, AxisPlan plan) =>
        [.. Enumerable.Range(0, plan.Kept).Select(target => Weights(length, plan, target))];

    private static (int At, double Weight)[] Weights(int length, AxisPlan plan, int target)
    {
        double scale = (double)length / plan.Scaled, centre = (plan.Start + target + 0.5) * scale;
        double[] weights = [.. Enumerable.Range(0, length).Select(i => Math.Max(0, 1 - (Math.Abs(i + 0.5 - centre) / Math.Max(1, scale))))];
        return [.. weights.Select((weight, at) => (at, weight / weights.Sum())).Where(tap => tap.Item2 > 0)];
    }

    private static void AssertNear(byte[] expected, byte[] actual)
    {
        int largest = expected.Zip(actual, (one, other) => Math.Abs(one - other)).Max();
        Assert.IsLessThanOrEqualTo(RoundingTolerance, largest);
    }
}
