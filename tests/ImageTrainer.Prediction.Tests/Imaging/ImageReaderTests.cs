using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ImageReaderTests
{
    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow("jpeg", "jpeg", 6)]
    [DataRow("png", "png", 0)]
    [DataRow("webp", "webp", 40)]
    [DataRow("tiff", "tiff", 0)]
    [DataRow("heif", "avif", 40)]
    public void Read_EachFormat_GivesThePixelsAndHeader(string saver, string format, int tolerance)
    {
        RgbImage original = TestImages.Draw(96, 64, (x, y) => ((byte)(x * 2), (byte)(y * 3), 90));
        byte[] content = saver == "heif" ? TestImages.EncodeAvif(original) : TestImages.Encode(original, saver);

        RgbImage read = Reader.Read(content);
        ImageHeader header = Reader.ReadHeader(content);

        Assert.IsLessThanOrEqualTo(tolerance, TestImages.LargestDifference(original, read));
        Assert.AreEqual(new ImageHeader(format, 96, 64), header);
    }

    [TestMethod]
    public void Read_PathMemoryAndStream_AgreeWhateverTheExtension()
    {
        using var folder = new TemporaryFolder();
        byte[] png = TestImages.Gradient(40, 30).EncodePng();
        string path = folder.Write("photo.jpg", png);
        using var stream = new MemoryStream(png);

        RgbImage fromPath = Reader.Read(path);
        RgbImage fromMemory = Reader.Read(png);
        RgbImage fromStream = Reader.Read(stream);

        CollectionAssert.AreEqual(fromMemory.Pixels, fromPath.Pixels);
        CollectionAssert.AreEqual(fromMemory.Pixels, fromStream.Pixels);
        Assert.AreEqual(new ImageHeader("png", 40, 30), Reader.ReadHeader(path));
    }

    [TestMethod]
    public void Read_ContentLongerThanItsBuffer_IsReadWhole()
    {
        RgbImage original = TestImages.Noise(300, 200, seed: 1);
        using var stream = new UnseekableStream(original.EncodePng());

        RgbImage read = Reader.Read(stream);

        CollectionAssert.AreEqual(original.Pixels, read.Pixels);
    }

    [TestMethod]
    public void Read_MissingFile_SaysSo()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("none.jpg");

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(path));

        Assert.AreEqual((path, "there is no such file", null), (exception.Path, exception.Reason, exception.Format));
    }

    [TestMethod]
    public void Read_MissingFolder_SaysSo()
    {
        using var folder = new TemporaryFolder();

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.ReadHeader(folder.Combine("none", "a.jpg")));

        Assert.AreEqual("its folder does not exist", exception.Reason);
    }

    [TestMethod]
    public void Read_Folder_SaysSo()
    {
        using var folder = new TemporaryFolder();

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(folder.Path));

        Assert.AreEqual("it is a folder", exception.Reason);
    }

    [TestMethod]
    [DataRow("", "the file is empty")]
    [DataRow("BMW is no bitmap", "its content is no image format that can be read (JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF)")]
    [DataRow("%PDF-1.7", "it is a PDF document, which is not read; convert it to JPEG or PNG")]
    [DataRow("<?xml version='1.0'?><svg width='9' height='9'/>", "it is an SVG drawing, which is not read; convert it to JPEG or PNG")]
    [DataRow("\n<!DOCTYPE html><title>404</title>", "it is a web page, which is not read; convert it to JPEG or PNG")]
    [DataRow("\0\0\0\u0018ftypqt  \0\0\0\0qt  ", "it is a video or a camera raw file, which is not read; convert it to JPEG or PNG")]
    [DataRow("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "it is a HEIC image, which takes the system's libvips (IMAGETRAINER_LIBVIPS=system; in applications ImageTrainerLibvips)")]
    public void Read_ContentThatIsNoAcceptedImage_SaysWhatItIs(string content, string reason)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(content);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(bytes, "a.jpg"));

        Assert.AreEqual(("a.jpg", reason, null), (exception.Path, exception.Reason, exception.Format));
    }

    [TestMethod]
    public void Read_FailingStream_IsADecodeError()
    {
        using var stream = new UnseekableStream(TestImages.Gradient(9, 9).EncodePng(), failsAfter: 40);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(stream));

        Assert.AreEqual("the stream failed", exception.Reason);
        Assert.IsInstanceOfType<IOException>(exception.InnerException);
    }

    [TestMethod]
    [DataRow("jpeg")]
    [DataRow("png")]
    [DataRow("gif")]
    [DataRow("webp")]
    [DataRow("tiff")]
    public void Read_MorePixelsThanAccepted_IsRefusedByItsHeader(string saver)
    {
        var reader = new ImageReader(new ImageReaderOptions { MaxPixelCount = 99 });
        byte[] justTooLarge = TestImages.Encode(TestImages.Gradient(10, 10), saver);
        byte[] largest = TestImages.Encode(TestImages.Gradient(9, 11), saver);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => reader.ReadHeader(justTooLarge));

        Assert.AreEqual("its header gives it 10 x 10 pixels, more than the 99 that are accepted (MaxPixelCount)", exception.Reason);
        Assert.AreEqual(9, reader.Read(largest).Width);
    }

    [TestMethod]
    public void Constructor_PixelLimitOutOfRange_Throws()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageReader(new ImageReaderOptions { MaxPixelCount = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageReader(new ImageReaderOptions { MaxPixelCount = 700_000_001 }));
    }

    [TestMethod]
    public void ReadPixels_WrongDestinationLength_IsTheCallersMistake()
    {
        byte[] png = TestImages.Gradient(8, 8).EncodePng();

        var exception = Assert.ThrowsExactly<ArgumentException>(() => Reader.ReadPixels(png, new ImagePreprocessing { Width = 8, Height = 8 }, new float[191]));

        StringAssert.Contains(exception.Message, "191 floats; the image takes 192");
    }

    [TestMethod]
    public void ReadPixels_DamagedImage_LeavesTheDestinationAlone()
    {
        byte[] png = TestImages.Noise(64, 64, seed: 2).EncodePng()[..^2000];
        float[] destination = new float[3 * 8 * 8];
        Array.Fill(destination, 7f);

        Assert.ThrowsExactly<ImageDecodeException>(() => Reader.ReadPixels(png, new ImagePreprocessing { Width = 8, Height = 8 }, destination));

        Assert.IsTrue(destination.All(value => value == 7f));
    }

    [TestMethod]
    public void ReadPixels_SameImageAsRead_GivesItsPlanes()
    {
        byte[] png = TestImages.Noise(37, 29, seed: 3).EncodePng();
        var preprocessing = new ImagePreprocessing { Width = 21, Height = 19 };
        float[] planes = new float[preprocessing.PixelLength];

        Reader.ReadPixels(png, preprocessing, planes);
        RgbImage image = Reader.Read(png, preprocessing);

        for (int i = 0; i < 21 * 19; i++)
        {
            for (int channel = 0; channel < 3; channel++)
                Assert.AreEqual(image.Pixels[(i * 3) + channel], planes[(channel * 21 * 19) + i]);
        }
    }

    private sealed class UnseekableStream(byte[] content, int failsAfter = int.MaxValue) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) =>
            Position >= failsAfter ? throw new IOException("cable pulled") : base.Read(buffer, offset, Math.Min(count, Math.Min(100, failsAfter)));
    }
}
