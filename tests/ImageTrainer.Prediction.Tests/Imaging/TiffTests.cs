using System.Runtime.InteropServices;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class TiffTests
{
    private const int Photometric = 262;
    private const int ExtraSamples = 338;
    private const int SampleFormat = 339;
    private const int Grey = 1;
    private const int Rgb = 2;
    private const int LumaAndChroma = 6;

    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Read_RgbWithAFourthSampleThatIsNoOpacity_GivesItsColours(bool isTagged)
    {
        byte[] infrared = [10, 20, 30, 0, 40, 50, 60, 99, 70, 80, 90, 200, 1, 2, 3, 255];
        (int, int)[] tags = isTagged ? [(Photometric, Rgb), (ExtraSamples, 0)] : [(Photometric, Rgb)];

        RgbImage image = Reader.Read(TiffFixtures.File(infrared, 2, 2, 4, tags));

        CollectionAssert.AreEqual(new byte[] { 10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3 }, image.Pixels);
    }

    [TestMethod]
    public void Read_GreyWithASecondSampleThatIsNoOpacity_GivesItsValues()
    {
        byte[] tiff = TiffFixtures.File([10, 0, 20, 99, 30, 200, 40, 255], 2, 2, 2, (Photometric, Grey), (ExtraSamples, 0));

        RgbImage image = Reader.Read(tiff);

        CollectionAssert.AreEqual(new byte[] { 10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40 }, image.Pixels);
    }

    [TestMethod]
    public void Read_RgbWithUnassociatedAlpha_LiesOverWhite()
    {
        byte[] tiff = TiffFixtures.File([10, 20, 30, 255, 40, 50, 60, 0], 2, 1, 4, (Photometric, Rgb), (ExtraSamples, 2));

        RgbImage image = Reader.Read(tiff);

        CollectionAssert.AreEqual(new byte[] { 10, 20, 30, 255, 255, 255 }, image.Pixels);
    }

    [TestMethod]
    public void Read_LumaAndChromaWithoutJpeg_IsRefused()
    {
        // Chroma of full resolution.
        byte[] tiff = TiffFixtures.File([10, 128, 128, 40, 128, 128], 2, 1, 3, (Photometric, LumaAndChroma), (530, 1));

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(tiff));

        Assert.AreEqual("YCbCr colours are read only where they are stored as JPEG", exception.Reason);
    }

    [TestMethod]
    public void Read_LumaAndChromaInJpeg_IsConverted()
    {
        RgbImage original = TestImages.Solid(32, 32, 200, 40, 90);
        byte[] tiff = TestImages.Encode(original, "tiff", new() { { "compression", NetVips.Enums.ForeignTiffCompression.Jpeg }, { "Q", 90 } });

        RgbImage image = Reader.Read(tiff);

        Assert.IsLessThanOrEqualTo(3, TestImages.LargestDifference(original, image));
    }

    [TestMethod]
    [DataRow(1, Grey)]
    [DataRow(3, Rgb)]
    public void Read_FloatSamples_AreRefusedWhateverTheirColour(int sampleCount, int photometric)
    {
        byte[] samples = MemoryMarshal.AsBytes<float>(Enumerable.Repeat(0.5f, 4 * sampleCount).ToArray()).ToArray();
        byte[] tiff = TiffFixtures.File(samples, 2, 2, sampleCount, (Photometric, photometric), (SampleFormat, 3));

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(tiff));

        Assert.AreEqual("its samples are neither 8 nor 16 bits wide", exception.Reason);
    }

    [TestMethod]
    public void Read_DirectoryCutAnywhere_GivesOnlyDecodeErrors()
    {
        byte[] tiff = TiffFixtures.File([10, 20, 30, 0, 40, 50, 60, 99], 2, 1, 4, (Photometric, Rgb), (ExtraSamples, 0));

        for (int length = 4; length < tiff.Length; length++)
            Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(tiff.AsMemory(0, length)), $"cut at {length}");
    }
}
