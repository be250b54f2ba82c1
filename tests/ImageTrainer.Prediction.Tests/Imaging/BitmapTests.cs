using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class BitmapTests
{
    // Blue, green, red, unused: black, red, green, blue, and shades of grey up to sixteen.
    private static readonly byte[] Palette =
        [0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, .. Enumerable.Range(4, 12).SelectMany(i => Enumerable.Repeat((byte)(i * 17), 4))];

    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Read_TwentyFourBits_GivesEveryPixel(bool topDown)
    {
        RgbImage original = TestImages.Noise(13, 7, seed: 12);

        RgbImage image = Reader.Read(BitmapFixtures.Rgb24(original, topDown));

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
        Assert.AreEqual(new ImageHeader("bmp", 13, 7), Reader.ReadHeader(BitmapFixtures.Rgb24(original, topDown)));
    }

    [TestMethod]
    public void Read_CoreHeaderAndUnmasked32Bits_GiveEveryPixel()
    {
        RgbImage original = TestImages.Noise(13, 7, seed: 13);

        RgbImage core = Reader.Read(BitmapFixtures.Core24(original));
        RgbImage unmasked = Reader.Read(BitmapFixtures.Unmasked(original, 32));

        CollectionAssert.AreEqual(original.Pixels, core.Pixels);
        CollectionAssert.AreEqual(original.Pixels, unmasked.Pixels);
    }

    [TestMethod]
    [DataRow(0x7C00u, 0x03E0u, 0x001Fu, 4)]
    [DataRow(0xF800u, 0x07E0u, 0x001Fu, 4)]
    [DataRow(0xE000u, 0x1FF0u, 0x000Fu, 18)]
    public void Read_SixteenBitsWithMasks_SpreadsEachChannelOverItsRange(uint red, uint green, uint blue, int tolerance)
    {
        RgbImage original = TestImages.Gradient(40, 30);

        RgbImage image = Reader.Read(BitmapFixtures.Masked(original, 16, headerLength: 40, [red, green, blue]));

        Assert.IsLessThanOrEqualTo(tolerance, TestImages.LargestDifference(original, image));
        Assert.AreEqual((byte)255, image.Pixel(39, 0).Red);
    }

    [TestMethod]
    public void Read_SixteenBitsWithoutMasks_AreFiveBitsAChannel()
    {
        RgbImage original = TestImages.Gradient(40, 30);

        RgbImage image = Reader.Read(BitmapFixtures.Unmasked(original, 16));

        Assert.IsLessThanOrEqualTo(8, TestImages.LargestDifference(original, image));
        Assert.AreEqual((byte)255, image.Pixel(39, 0).Red);
    }

    [TestMethod]
    [DataRow(40), DataRow(52), DataRow(56), DataRow(108), DataRow(124)]
    public void Read_ThirtyTwoBitsWithMasks_WorksWithEveryHeader(int headerLength)
    {
        RgbImage original = TestImages.Noise(9, 5, seed: 14);

        RgbImage image = Reader.Read(BitmapFixtures.Masked(original, 32, headerLength, [0x000000FF, 0x0000FF00, 0x00FF0000]));

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_AlphaMask_LaysPixelsOverWhite()
    {
        RgbImage red = TestImages.Solid(3, 1, 255, 0, 0);
        uint[] masks = [0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000];

        RgbImage image = Reader.Read(BitmapFixtures.Masked(red, 32, headerLength: 108, masks, alpha: [255, 128, 0]));

        CollectionAssert.AreEqual(new byte[] { 255, 0, 0, 255, 127, 127, 255, 255, 255 }, image.Pixels);
    }

    [TestMethod]
    public void Read_AlphaMaskOverNothingButZeros_IsOpaque()
    {
        RgbImage original = TestImages.Noise(4, 4, seed: 15);
        uint[] masks = [0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000];

        RgbImage image = Reader.Read(BitmapFixtures.Masked(original, 32, headerLength: 124, masks, alpha: new byte[16]));

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    [DataRow(1, false), DataRow(2, false), DataRow(4, true), DataRow(8, false), DataRow(8, true)]
    public void Read_PaletteIndices_GivesTheirColours(int bits, bool topDown)
    {
        byte[] indices = [.. Enumerable.Range(0, 11 * 6).Select(i => (byte)(i * 7 % Math.Min(16, 1 << bits)))];
        byte[] palette = Palette[..(4 * Math.Min(16, 1 << bits))];

        RgbImage image = Reader.Read(BitmapFixtures.Indexed(indices, 11, bits, palette, topDown, colourCount: palette.Length / 4));

        CollectionAssert.AreEqual(Colours(indices), image.Pixels);
    }

    [TestMethod]
    public void Read_IndexBeyondThePalette_Throws()
    {
        byte[] bmp = BitmapFixtures.Indexed([0, 1, 4, 2], 2, 8, Palette[..16], colourCount: 4);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(bmp));

        Assert.AreEqual("a pixel names a colour that its palette has not", exception.Reason);
    }

    [TestMethod]
    public void Read_RunLength8_FollowsRunsLiteralsAndMoves()
    {
        // Bottom row: 3 x red, then literals green, blue, red. Next: moves 2 right, 2 up, then 1 x grey.
        byte[] runs = [3, 1, 0, 3, 2, 3, 1, 0, 0, 0, 0, 2, 2, 2, 1, 4, 0, 1];

        RgbImage image = Reader.Read(BitmapFixtures.Runs(6, 4, 8, Palette, runs));

        CollectionAssert.AreEqual(Colours([0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 1]), image.Pixels);
    }

    [TestMethod]
    public void Read_RunLength4_TakesHalvesInTurn()
    {
        byte[] runs = [5, 0x12, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 0, 1];

        RgbImage image = Reader.Read(BitmapFixtures.Runs(5, 2, 4, Palette, runs));

        CollectionAssert.AreEqual(Colours([1, 2, 3, 4, 5, 1, 2, 1, 2, 1]), image.Pixels);
    }

    [TestMethod]
    public void Read_RunsWithoutAnEndCode_AreCompleteWithTheLastRow()
    {
        RgbImage image = Reader.Read(BitmapFixtures.Runs(2, 2, 8, Palette, [2, 1, 0, 0, 2, 2]));

        CollectionAssert.AreEqual(Colours([2, 2, 1, 1]), image.Pixels);
    }

    [TestMethod]
    [DataRow(new byte[] { 2, 1, 0, 0, 2 }, "the file ends before the image does")]
    [DataRow(new byte[] { 3, 1, 0, 1 }, "its pixel data is damaged")]
    [DataRow(new byte[] { 0, 2, 3, 0, 1, 1, 0, 1 }, "its pixel data is damaged")]
    [DataRow(new byte[] { 0, 5, 1, 2, 3, 1, 1, 0 }, "its pixel data is damaged")]
    public void Read_RunsThatLeaveTheImageOrEnd_Throw(byte[] runs, string reason)
    {
        byte[] bmp = BitmapFixtures.Runs(2, 2, 8, Palette, runs);

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(bmp));

        Assert.AreEqual((reason, "bmp"), (exception.Reason, exception.Format));
    }

    [TestMethod]
    public void Read_EveryPrefixOfASmallFile_IsRefusedAndTheWholeIsRead()
    {
        byte[] bmp = BitmapFixtures.Indexed([0, 1, 2, 3], 2, 4, Palette, colourCount: 16);

        for (int length = 0; length < bmp.Length - 3; length++)
            Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(bmp.AsMemory(0, length)), $"{length} bytes");

        CollectionAssert.AreEqual(Colours([0, 1, 2, 3]), Reader.Read(bmp).Pixels);
    }

    [TestMethod]
    public void Read_Resized_GoesThroughTheSameResampler()
    {
        RgbImage original = TestImages.Gradient(100, 80);
        var preprocessing = new ImagePreprocessing { Width = 32, Height = 32 };

        RgbImage fromBmp = Reader.Read(BitmapFixtures.Rgb24(original), preprocessing);
        RgbImage fromPng = Reader.Read(original.EncodePng(), preprocessing);

        CollectionAssert.AreEqual(fromPng.Pixels, fromBmp.Pixels);
    }

    private static byte[] Colours(byte[] indices) =>
        [.. indices.SelectMany(index => (byte[])[Palette[(index * 4) + 2], Palette[(index * 4) + 1], Palette[index * 4]])];
}
