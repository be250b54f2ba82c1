using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Small files that went wrong once, each with its right answer.</summary>
[TestClass]
[TestCategory(TestData.Category)]
public sealed class FaultyFilesTests
{
    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow("tiff-tile-zstd.tif", "this TIFF's compression (ZSTD) is not supported")]
    [DataRow("tiff-strip-zstd.tif", "this TIFF's compression (ZSTD) is not supported")]
    [DataRow("tiff-tile-deflate-damaged.tif", "its pixel data is damaged")]
    public void Read_NoSoundImage_IsRefusedByName(string file, string reason)
    {
        string path = Path.Combine(TestData.Path("faults"), file);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(path));

        Assert.AreEqual(reason, exception.Reason);
    }

    [TestMethod]
    [DataRow("jpeg-sos-se0.jpg")]
    [DataRow("jpeg-icc-damaged.jpg")]
    public void Read_SoundPixelsBehindAnOddHeader_AreRead(string file) =>
        Assert.IsNotEmpty(Reader.Read(Path.Combine(TestData.Path("faults"), file)).Pixels);

    [TestMethod]
    public void Read_GifFrameSmallerThanItsCanvas_LiesOverWhite()
    {
        RgbImage image = Reader.Read(Path.Combine(TestData.Path("faults"), "gif-small-frame.gif"));

        Assert.AreEqual((255, 255, 255), image.Pixel(image.Width - 1, image.Height - 1));
    }
}
