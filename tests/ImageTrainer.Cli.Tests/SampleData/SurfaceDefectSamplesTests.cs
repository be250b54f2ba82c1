using ImageTrainer.Cli.SampleData;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.SampleData;

[TestClass]
public sealed class SurfaceDefectSamplesTests
{
    private static readonly SurfaceDefectOptions Small = new() { ImageSize = 96 };

    [TestMethod]
    public void Labels_Always_AreTheFiveClassesInOrdinalOrder()
    {
        string[] sorted = [.. SurfaceDefectSamples.Labels.Order(StringComparer.Ordinal)];

        CollectionAssert.AreEqual(new[] { "crack", "dent", "ok", "scratch", "stain" }, sorted);
        CollectionAssert.AreEqual(sorted, SurfaceDefectSamples.Labels.ToArray());
    }

    [TestMethod]
    public void Draw_OnManyThreads_GivesThePixelsOfOneThread()
    {
        (string Label, int Index)[] pictures =
            [.. SurfaceDefectSamples.Labels.SelectMany(label => Enumerable.Range(0, 4).Select(index => (label, index)))];
        byte[][] expected = [.. pictures.Select(picture => SurfaceDefectSamples.Draw(picture.Label, picture.Index, Small).Pixels)];
        byte[][] actual = new byte[pictures.Length][];

        Parallel.For(0, pictures.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, k =>
        {
            int backwards = pictures.Length - 1 - k;
            actual[backwards] = SurfaceDefectSamples.Draw(pictures[backwards].Label, pictures[backwards].Index, Small).Pixels;
        });

        for (int i = 0; i < pictures.Length; i++)
            CollectionAssert.AreEqual(expected[i], actual[i], $"{pictures[i]}");
    }

    [TestMethod]
    public void Draw_OtherSeedLabelOrIndex_GivesAnotherPicture()
    {
        RgbImage original = SurfaceDefectSamples.Draw("ok", 0, Small);

        RgbImage[] others =
        [
            SurfaceDefectSamples.Draw("ok", 0, Small with { Seed = 2 }),
            SurfaceDefectSamples.Draw("ok", 1, Small),
            SurfaceDefectSamples.Draw("crack", 0, Small),
        ];

        foreach (RgbImage other in others)
            Assert.IsGreaterThan(5.0, Pictures.MeanDifference(original, other));
    }

    [TestMethod]
    public void Draw_OtherCountOrQuality_GivesTheSamePicture()
    {
        RgbImage original = SurfaceDefectSamples.Draw("stain", 3, Small);

        RgbImage again = SurfaceDefectSamples.Draw("stain", 3, Small with { ImagesPerClass = 7, JpegQuality = 20 });

        CollectionAssert.AreEqual(original.Pixels, again.Pixels);
    }

    [TestMethod]
    [DataRow(32)]
    [DataRow(97)]
    [DataRow(224)]
    public void Draw_AnySize_FillsASquareOfItWithPlausibleExposure(int size)
    {
        foreach (string label in SurfaceDefectSamples.Labels)
        {
            RgbImage image = SurfaceDefectSamples.Draw(label, 0, new SurfaceDefectOptions { ImageSize = size });

            double mean = image.Pixels.Average(value => (double)value);
            Assert.AreEqual((size, size, size * size * 3), (image.Width, image.Height, image.Pixels.Length));
            Assert.IsTrue(mean is > 60 and < 190, $"{label} is exposed to {mean:F0} on average.");
        }
    }

    [TestMethod]
    public void Draw_UnknownLabel_NamesTheClasses()
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SurfaceDefectSamples.Draw("rust", 0, Small));

        StringAssert.Contains(error.Message, "crack, dent, ok, scratch, stain");
    }
}
