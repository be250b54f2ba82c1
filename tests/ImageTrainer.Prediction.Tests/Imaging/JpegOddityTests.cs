using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>What libjpeg warns of and costs no pixel: oddities of headers.</summary>
[TestClass]
public sealed class JpegOddityTests
{
    private static readonly ImageReader Reader = new();
    private static readonly byte[] Bare = TestImages.Gradient(64, 48).EncodeJpeg();
    private static readonly byte[] Jpeg = WithJfif(Bare, 1);

    [TestMethod]
    [DataRow(0, 1, 63, 0, DisplayName = "first coefficient 1")]
    [DataRow(0, 0, 0, 0, DisplayName = "last coefficient 0")]
    [DataRow(0, 0, 62, 0, DisplayName = "last coefficient 62")]
    [DataRow(0, 0, 63, 0x10, DisplayName = "bits left before")]
    [DataRow(0, 0, 63, 0x01, DisplayName = "bits left after")]
    [DataRow(3, 0, 0, 0x21, DisplayName = "all, and stray bytes")]
    public void Read_OddScanHeaderOfABaselineJpeg_IsHarmless(int strayByteCount, int first, int last, int bits)
    {
        int range = ScanStart(Jpeg) + 5 + (2 * Jpeg[ScanStart(Jpeg) + 4]);
        byte[] odd = [.. Jpeg];
        (odd[range], odd[range + 1], odd[range + 2]) = ((byte)first, (byte)last, (byte)bits);
        odd = [.. odd[..ScanStart(Jpeg)], .. Enumerable.Repeat((byte)7, strayByteCount), .. odd[ScanStart(Jpeg)..]];

        RgbImage image = Reader.Read(odd);

        CollectionAssert.AreEqual(Reader.Read(Jpeg).Pixels, image.Pixels);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(255)]
    public void Read_AdobeTransformThatThreeComponentsDoNotHave_IsLumaAndChroma(int transform)
    {
        RgbImage image = Reader.Read(WithAdobe(Bare, (byte)transform));

        CollectionAssert.AreEqual(Reader.Read(WithAdobe(Bare, 1)).Pixels, image.Pixels);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(9)]
    public void Read_AnyVersionOfJfif_IsHarmless(int majorVersion)
    {
        RgbImage image = Reader.Read(WithJfif(Bare, (byte)majorVersion));

        CollectionAssert.AreEqual(Reader.Read(Jpeg).Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_ProgressiveScansInAnotherOrder_AreHarmless()
    {
        byte[] jpeg = TestImages.Encode(TestImages.Gradient(64, 48), "jpeg", new() { { "interlace", true } });
        int[] starts = [.. ScanStarts(jpeg).Take(3)];

        RgbImage image = Reader.Read((byte[])[.. jpeg[..starts[0]], .. jpeg[starts[1]..starts[2]], .. jpeg[starts[0]..starts[1]], .. jpeg[starts[2]..]]);

        CollectionAssert.AreEqual(Reader.Read(jpeg).Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_OddHeaderAndABrokenCode_IsDamaged()
    {
        byte[] odd = WithJfif(TestImages.Noise(64, 48, seed: 12).EncodeJpeg(), 9);
        odd[^40] = 0xFF;
        odd[^39] = 0xD3;

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(odd));

        Assert.AreEqual("its pixel data is damaged", exception.Reason);
    }

    private static int ScanStart(byte[] jpeg) => jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xDA]);

    // Where the segments before each scan begin: behind the data of the one before. Stuffing keeps the markers' bytes out of that data.
    private static IEnumerable<int> ScanStarts(byte[] jpeg)
    {
        int frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC2]);
        for (int at = frame + 2 + jpeg[frame + 3]; jpeg[at + 1] != 0xD9;)
        {
            yield return at;
            while (jpeg[at + 1] != 0xDA)
                at += 2 + (jpeg[at + 2] << 8) + jpeg[at + 3];
            at += 2 + jpeg[at + 3];
            while (jpeg[at] != 0xFF || jpeg[at + 1] == 0)
                at++;
        }
    }

    private static byte[] WithJfif(byte[] jpeg, byte majorVersion) =>
        TestImages.WithJpegSegment(jpeg, 0xE0, [.. "JFIF\0"u8, majorVersion, 1, 0, 0, 1, 0, 1, 0, 0]);

    private static byte[] WithAdobe(byte[] jpeg, byte transform) =>
        TestImages.WithJpegSegment(jpeg, 0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);
}
