using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ImageWriterTests
{
    [TestMethod]
    public void EncodePng_ReadAgain_IsTheSameImage()
    {
        RgbImage original = TestImages.Noise(33, 21, seed: 16);

        RgbImage read = new ImageReader().Read(original.EncodePng());

        CollectionAssert.AreEqual(original.Pixels, read.Pixels);
    }

    [TestMethod]
    public void Encode_SamePixels_GivesTheSameBytes()
    {
        byte[] png = TestImages.Gradient(50, 40).EncodePng();
        byte[] jpeg = TestImages.Gradient(50, 40).EncodeJpeg();

        CollectionAssert.AreEqual(png, TestImages.Gradient(50, 40).EncodePng());
        CollectionAssert.AreEqual(jpeg, TestImages.Gradient(50, 40).EncodeJpeg());
    }

    [TestMethod]
    public void EncodeJpeg_HigherQuality_IsLargerAndCloser()
    {
        RgbImage original = TestImages.Noise(64, 64, seed: 17);
        var reader = new ImageReader();

        byte[] coarse = original.EncodeJpeg(20);
        byte[] fine = original.EncodeJpeg(100);

        Assert.IsGreaterThan(coarse.Length, fine.Length);
        Assert.IsLessThan(
            TestImages.LargestDifference(original, reader.Read(coarse)), TestImages.LargestDifference(original, reader.Read(fine)));
    }

    [TestMethod]
    public void Save_Path_WritesWhatEncodeGives()
    {
        using var folder = new TemporaryFolder();
        RgbImage image = TestImages.Gradient(20, 10);

        image.SaveJpeg(folder.Combine("a.jpg"), quality: 70);
        image.SavePng(folder.Combine("a.png"));

        CollectionAssert.AreEqual(image.EncodeJpeg(70), File.ReadAllBytes(folder.Combine("a.jpg")));
        CollectionAssert.AreEqual(image.EncodePng(), File.ReadAllBytes(folder.Combine("a.png")));
    }

    [TestMethod]
    public void Encode_PixelsThatDoNotFitTheSize_IsTheCallersMistake()
    {
        var image = new RgbImage(4, 4, new byte[47]);

        Assert.ThrowsExactly<ArgumentException>(() => image.EncodePng());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TestImages.Gradient(2, 2).EncodeJpeg(101));
    }
}
