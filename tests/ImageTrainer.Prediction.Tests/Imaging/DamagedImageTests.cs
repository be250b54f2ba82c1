using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class DamagedImageTests
{
    private const string EndsEarly = "the file ends before the image does";

    private static readonly ImageReader Reader = new();
    private static readonly ImagePreprocessing Small = new() { Width = 32, Height = 16 };

    [TestMethod]
    [DataRow("jpeg", "jpeg")]
    [DataRow("jpeg progressive", "jpeg")]
    [DataRow("png", "png")]
    [DataRow("png interlaced", "png")]
    [DataRow("webp", "webp")]
    [DataRow("gif", "gif")]
    [DataRow("bmp", "bmp")]
    [DataRow("heif", "avif")]
    public void Read_CutAnywhere_SaysTheFileEndsEarly(string kind, string format)
    {
        byte[] whole = Encoded(kind);
        // Behind the header, where an image is recognised at all, up to a few dozen bytes before the end.
        int[] cuts = [whole.Length / 3, whole.Length / 2, whole.Length * 3 / 4, whole.Length - 100];

        foreach (int cut in cuts)
        {
            byte[] part = whole[..cut];
            ImageDecodeException full = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(part), $"{kind} cut at {cut}");
            ImageDecodeException scaled = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(part, Small), $"{kind} cut at {cut}");
            Assert.AreEqual((EndsEarly, format), (full.Reason, full.Format));
            Assert.AreEqual(full.Message, scaled.Message);
        }
    }

    [TestMethod]
    public void Read_TiffCutAnywhere_Throws()
    {
        byte[] whole = Encoded("tiff");

        foreach (int cut in (int[])[whole.Length / 3, whole.Length / 2, whole.Length - 100])
            Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(whole.AsMemory(0, cut)), $"cut at {cut}");
    }

    [TestMethod]
    public void Read_PortraitCutBelowWhatTheCropKeeps_Throws()
    {
        byte[] jpeg = TestImages.Noise(64, 640, seed: 8).EncodeJpeg();

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(jpeg.AsMemory(0, jpeg.Length * 9 / 10), Small));

        Assert.AreEqual(EndsEarly, exception.Reason);
    }

    [TestMethod]
    [DataRow("jpeg", 2)]
    [DataRow("jpeg progressive", 2)]
    [DataRow("png", 40)]
    [DataRow("png interlaced", 40)]
    public void Read_BytesOverwrittenInTheMiddle_Throws(string kind, int byteCount)
    {
        byte[] content = Encoded(kind);
        // In a JPEG this is a restart marker where none belongs.
        byte[] junk = [.. Enumerable.Range(0, byteCount).Select(i => (byte)(i % 2 == 0 ? 0xFF : 0xD3))];
        junk.CopyTo(content, content.Length / 2);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(content));

        Assert.AreEqual("its pixel data is damaged", exception.Reason);
    }

    [TestMethod]
    public void Read_JpegWithABrokenCodeInItsLastRows_Throws()
    {
        byte[] jpeg = TestImages.Noise(64, 8, seed: 9).EncodeJpeg();
        jpeg[^40] = 0xFF;
        jpeg[^39] = 0xD3;

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(jpeg));

        Assert.AreEqual("its pixel data is damaged", exception.Reason);
    }

    [TestMethod]
    public void Read_JpegWhoseScanStopsAtAStrayMarker_Throws()
    {
        byte[] jpeg = Encoded("jpeg");
        byte[] damaged = [.. jpeg[..(jpeg.Length / 2)], 0xFF, 0x01, 0, 0, 0xFF, 0xD9];

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(damaged));

        Assert.AreEqual("its pixel data is damaged", exception.Reason);
    }

    [TestMethod]
    public void Read_JpegWithZerosForItsSecondHalf_SaysTheFileEndsEarly()
    {
        byte[] jpeg = Encoded("jpeg");
        jpeg.AsSpan(jpeg.Length / 2).Clear();

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(jpeg));

        Assert.AreEqual(EndsEarly, exception.Reason);
    }

    [TestMethod]
    public void Read_ProgressiveJpegWithoutItsLastScan_Throws()
    {
        byte[] jpeg = Encoded("jpeg progressive");
        int lastScan = jpeg.AsSpan().LastIndexOf((byte[])[0xFF, 0xDA]);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read((byte[])[.. jpeg[..lastScan], 0xFF, 0xD9]));

        Assert.AreEqual("its pixel data is damaged", exception.Reason);
    }

    [TestMethod]
    [DataRow("jpeg")]
    [DataRow("jpeg progressive")]
    [DataRow("png")]
    [DataRow("webp")]
    [DataRow("gif")]
    [DataRow("tiff")]
    [DataRow("bmp")]
    public void Read_TrailingBytes_AreHarmless(string kind)
    {
        byte[] content = Encoded(kind);

        RgbImage image = Reader.Read((byte[])[.. content, .. new byte[700], 1, 2, 3]);

        CollectionAssert.AreEqual(Reader.Read(content).Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_StrayBytesBetweenJpegSegments_AreHarmless()
    {
        byte[] jpeg = TestImages.WithJpegSegment(TestImages.Gradient(64, 48).EncodeJpeg(), 0xE5, [1, 2, 3]);
        byte[] odd = [.. jpeg[..9], 7, 7, 7, .. jpeg[9..]];

        RgbImage image = Reader.Read(odd);

        CollectionAssert.AreEqual(Reader.Read(jpeg).Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_OddExif_IsHarmless()
    {
        byte[] jpeg = TestImages.Gradient(64, 48).EncodeJpeg();
        byte[][] exifs = [[.. "Exif\0\0"u8], [.. "Exif\0\0MM\0*"u8], [.. "Exif\0\0"u8, .. Enumerable.Repeat((byte)0xEE, 900)]];

        RgbImage[] images = [.. exifs.Select(exif => Reader.Read(TestImages.WithJpegSegment(jpeg, 0xE1, exif)))];

        foreach (RgbImage image in images)
            CollectionAssert.AreEqual(Reader.Read(jpeg).Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_DamagedTextInAPng_IsHarmless()
    {
        RgbImage original = TestImages.Gradient(20, 20);
        byte[] png = TestImages.WithPngChunk(original.EncodePng(), "tEXt", [.. "Title\0flowers"u8]);
        png[45] ^= 1;

        RgbImage image = Reader.Read(png);

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_ProgressiveJpegOfThousandsOfScans_IsRefusedBeforeDecoding()
    {
        byte[] bomb = ManyScans(scanCount: 5000, width: 20000, height: 4000);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(bomb));

        StringAssert.StartsWith(exception.Reason, "its 5");
        StringAssert.Contains(exception.Reason, "scans of 20000 x 4000 pixels are more work than is accepted");
    }

    [TestMethod]
    [DataRow("png", 16)]
    [DataRow("bmp", 18)]
    [DataRow("bmp", 22)]
    public void ReadHeader_NoPixels_IsRefused(string kind, int sizeOffset)
    {
        byte[] content = Encoded(kind);
        content.AsSpan(sizeOffset, 4).Clear();

        Assert.ThrowsExactly<ImageDecodeException>(() => Reader.ReadHeader(content));
    }

    [TestMethod]
    public void Read_RandomBytesBehindEachSignature_GivesOnlyDecodeErrors()
    {
        string[] kinds = ["jpeg", "jpeg progressive", "png", "png interlaced", "webp", "gif", "tiff", "bmp", "heif"];
        var random = new Random(10);
        var reader = new ImageReader(new ImageReaderOptions { MaxPixelCount = 1_000_000 });
        int refused = 0;

        foreach (string kind in kinds)
        {
            byte[] whole = Encoded(kind);
            for (int round = 0; round < 60; round++)
            {
                byte[] damaged = [.. whole];
                for (int i = 0; i < 12; i++)
                    damaged[random.Next(4, round % 2 == 0 ? 200 : damaged.Length)] = (byte)random.Next(256);
                try
                {
                    reader.Read(damaged, Small);
                }
                catch (ImageDecodeException)
                {
                    refused++;
                }
            }
        }

        Assert.IsGreaterThan(kinds.Length * 60 / 3, refused);
    }

    private static byte[] Encoded(string kind)
    {
        RgbImage image = TestImages.Noise(120, 90, seed: 11);
        return kind switch
        {
            "bmp" => BitmapFixtures.Rgb24(image),
            "heif" => TestImages.EncodeAvif(image),
            _ => TestImages.Encode(image, kind.Split(' ')[0], kind.Contains(' ') ? new() { { "interlace", true } } : null),
        };
    }

    // Repeats the last scan of a progressive JPEG, and writes another size into its frame.
    private static byte[] ManyScans(int scanCount, int width, int height)
    {
        byte[] jpeg = TestImages.Encode(TestImages.Gradient(16, 16), "jpeg", new() { { "interlace", true } });
        int frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC2]);
        byte[] size = [(byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width];
        size.CopyTo(jpeg, frame + 5);
        int lastScan = jpeg.AsSpan().LastIndexOf((byte[])[0xFF, 0xDA]);
        byte[] scan = jpeg[lastScan..^2];
        return [.. jpeg[..^2], .. Enumerable.Repeat(scan, scanCount).SelectMany(bytes => bytes), 0xFF, 0xD9];
    }
}
