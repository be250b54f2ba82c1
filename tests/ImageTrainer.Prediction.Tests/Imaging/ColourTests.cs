using ImageTrainer.Imaging;
using NetVips;
using static NetVips.Enums;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ColourTests
{
    private static readonly ImageReader Reader = new();

    [TestMethod]
    public void Read_GreyPng_RepeatsItsValue()
    {
        byte[] png = TestImages.EncodeBands([0, 100, 200, 255], 2, 2, Interpretation.Bw, "png");

        RgbImage image = Reader.Read(png);

        CollectionAssert.AreEqual(new byte[] { 0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255 }, image.Pixels);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Read_SixteenBits_AreScaledAndRounded(bool isGrey)
    {
        (Interpretation eightBits, Interpretation sixteenBits) = isGrey
            ? (Interpretation.Bw, Interpretation.Grey16)
            : (Interpretation.Srgb, Interpretation.Rgb16);
        byte[] values = [0, 0, 0, 64, 64, 64, 127, 127, 127, 255, 255, 255];
        byte[] pixels = isGrey ? [0, 64, 127, 255] : values;
        // 16-bit values that lie 0.4 of an 8-bit step above each of these, as far as the range allows.
        byte[] png = TestImages.EncodeBands(pixels, 4, 1, eightBits, "png", options: null, image =>
            image.Linear([257.0], [0.4 * 257]).Cast(BandFormat.Ushort).Copy(interpretation: sixteenBits));

        RgbImage image = Reader.Read(png);

        Assert.AreEqual(16, png[24], "bit depth of the fixture");
        CollectionAssert.AreEqual(values, image.Pixels);
    }

    [TestMethod]
    [DataRow("png")]
    [DataRow("webp")]
    [DataRow("tiff")]
    public void Read_TransparentPixels_LieOverWhite(string saver)
    {
        byte[] pixels = [255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128, 0, 0, 255, 0];
        byte[] content = TestImages.EncodeBands(pixels, 2, 2, Interpretation.Srgb, saver, saver == "webp" ? new VOption { { "lossless", true } } : null);

        RgbImage image = Reader.Read(content);

        CollectionAssert.AreEqual(new byte[] { 255, 0, 0, 255, 255, 255, 127, 127, 127, 255, 255, 255 }, image.Pixels);
    }

    [TestMethod]
    public void Read_TransparentEdgeScaledDown_MixesInNoHiddenColour()
    {
        byte[] pixels = [.. Enumerable.Range(0, 64 * 64).SelectMany(i => (byte[])(i % 64 < 32 ? [255, 255, 255, 255] : [0, 0, 0, 0]))];
        byte[] png = TestImages.EncodeBands(pixels, 64, 64, Interpretation.Srgb, "png");

        RgbImage image = Reader.Read(png, new ImagePreprocessing { Width = 8, Height = 8 });

        Assert.IsTrue(image.Pixels.All(value => value == 255));
    }

    [TestMethod]
    public void Read_CmykWithoutProfile_IsConverted()
    {
        byte[] ink = [255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] wide = [.. ink.Chunk(4).SelectMany(pixel => Enumerable.Repeat(pixel, 64).SelectMany(p => p))];
        byte[] tiff = TestImages.EncodeBands(wide, 64, 6, Interpretation.Cmyk, "tiff");

        RgbImage image = Reader.Read(tiff);

        var (cyan, magenta, yellow, black, white) = (image.Pixel(0, 0), image.Pixel(0, 1), image.Pixel(0, 2), image.Pixel(0, 3), image.Pixel(0, 4));
        Assert.IsTrue(cyan.Red < 100 && cyan.Blue > 180, $"{cyan}");
        Assert.IsTrue(magenta.Red > 180 && magenta.Green < 80, $"{magenta}");
        Assert.IsTrue(yellow.Red > 220 && yellow.Blue < 100, $"{yellow}");
        Assert.IsTrue(black.Red < 60 && black.Green < 60, $"{black}");
        Assert.IsTrue(white is { Red: > 250, Green: > 250, Blue: > 250 }, $"{white}");
    }

    [TestMethod]
    public void Read_ProfileWithExchangedPrimaries_IsApplied()
    {
        byte[] png = TestImages.WithPngProfile(TestImages.Solid(4, 4, 255, 0, 0).EncodePng(), IccProfiles.SwappedRedAndBlue());

        (byte red, byte green, byte blue) = Reader.Read(png).Pixel(1, 1);

        Assert.IsTrue(red < 5 && green < 5 && blue > 250, $"{red} {green} {blue}");
    }

    [TestMethod]
    public void Read_LinearProfile_IsApplied()
    {
        byte[] png = TestImages.WithPngProfile(TestImages.Solid(4, 4, 55, 55, 55).EncodePng(), IccProfiles.Linear());

        (byte red, byte green, byte blue) = Reader.Read(png).Pixel(1, 1);

        // 55 / 255 of full light is sRGB 128.3: 1.055 * 0.2157^(1 / 2.4) - 0.055.
        Assert.AreEqual(128, red, 1.0);
        Assert.AreEqual((red, red), (green, blue));
    }

    [TestMethod]
    public void Read_SrgbProfile_ChangesNothing()
    {
        RgbImage original = TestImages.Noise(16, 16, seed: 4);
        byte[] png = TestImages.WithPngProfile(original.EncodePng(), IccProfiles.Srgb());

        RgbImage image = Reader.Read(png);

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_InvalidProfile_IsTakenForSrgb()
    {
        RgbImage original = TestImages.Noise(16, 16, seed: 5);
        byte[] truncatedProfile = IccProfiles.SwappedRedAndBlue()[..150];
        byte[][] profiles = [truncatedProfile, [1, 2, 3], [.. Enumerable.Repeat((byte)0xFF, 4000)]];

        RgbImage[] images = [.. profiles.Select(profile => Reader.Read(TestImages.WithPngProfile(original.EncodePng(), profile)))];

        foreach (RgbImage image in images)
            CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_ProfileThatCannotBeApplied_IsTakenForSrgb()
    {
        RgbImage original = TestImages.Noise(16, 16, seed: 6);

        RgbImage image = Reader.Read(TestImages.WithPngProfile(original.EncodePng(), IccProfiles.WithoutItsTable()));

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void UnappliedProfiles_SoundForeignAndDamagedOnes_CountsThoseNotApplied()
    {
        byte[] png = TestImages.Noise(16, 16, seed: 6).EncodePng();
        var reader = new ImageReader();

        foreach (byte[] profile in (byte[][])[IccProfiles.Srgb(), IccProfiles.Linear(), IccProfiles.WithoutItsTable(), [1, 2, 3]])
            reader.Read(TestImages.WithPngProfile(png, profile));
        reader.Read(png);

        Assert.AreEqual(2, reader.UnappliedProfiles.Count);
        Assert.IsNull(reader.UnappliedProfiles.FirstPath);
    }

    [TestMethod]
    public void UnappliedProfiles_CmykJpegs_CountsThoseWithAProfileOfAnotherKindOrADamagedOne()
    {
        byte[] jpeg = TestImages.EncodeBands(new byte[256], 8, 8, Interpretation.Cmyk, "jpeg");
        byte[][] profiles = [IccProfiles.Srgb(), IccProfiles.WithoutItsTable(), [1, 2, 3]];
        byte[][] withProfiles = [.. profiles.Select(profile => TestImages.WithJpegSegment(jpeg, 0xE2, [.. "ICC_PROFILE\0"u8, 1, 1, .. profile]))];
        var reader = new ImageReader();

        byte[] pixels = reader.Read(jpeg).Pixels;

        Assert.AreEqual(0, reader.UnappliedProfiles.Count);
        foreach (byte[] withProfile in withProfiles) CollectionAssert.AreEqual(pixels, reader.Read(withProfile).Pixels);
        Assert.AreEqual(3, reader.UnappliedProfiles.Count);
    }

    [TestMethod]
    public void UnappliedProfiles_SeveralFiles_NamesTheFirstInOrdinalOrder()
    {
        byte[] png = TestImages.WithPngProfile(TestImages.Noise(16, 16, seed: 6).EncodePng(), [1, 2, 3]);
        var reader = new ImageReader();

        foreach (string path in (string[])["b.png", "B.png", "c.png", "B.png"]) reader.Read(png, path);

        Assert.AreEqual((4, "B.png"), (reader.UnappliedProfiles.Count, reader.UnappliedProfiles.FirstPath));
    }

    [TestMethod]
    public void Read_GifFrameSmallerThanItsCanvas_LiesOverWhite()
    {
        byte[] gif = TestImages.Encode(TestImages.Solid(8, 6, 200, 0, 0), "gif");
        gif[6] = 12;
        gif[8] = 10;

        RgbImage image = Reader.Read(gif);

        Assert.AreEqual((12, 10), (image.Width, image.Height));
        Assert.IsTrue(image.Pixel(7, 5) is { Red: > 190, Green: < 10 });
        Assert.AreEqual((255, 255, 255), image.Pixel(8, 5));
        Assert.AreEqual((255, 255, 255), image.Pixel(0, 6));
    }

    [TestMethod]
    public void Read_AnimatedGifAndPagedTiff_GiveTheFirst()
    {
        byte[] stacked = [.. TestImages.Solid(8, 8, 255, 0, 0).Pixels, .. TestImages.Solid(8, 8, 0, 255, 0).Pixels];
        string[] savers = ["gif", "webp", "tiff"];

        RgbImage[] images = [.. savers.Select(saver =>
            Reader.Read(TestImages.EncodeBands(stacked, 8, 16, Interpretation.Srgb, saver, new VOption { { "page_height", 8 } })))];

        foreach (RgbImage image in images)
        {
            Assert.AreEqual((8, 8), (image.Width, image.Height));
            Assert.IsTrue(image.Pixel(4, 4) is { Red: > 245, Green: < 10 });
        }
    }

    [TestMethod]
    public void Read_FloatSamples_AreRefusedInsteadOfGuessed()
    {
        byte[] tiff = TestImages.EncodeBands([0, 1, 2, 3], 2, 2, Interpretation.Bw, "tiff", options: null, image => image.Cast(BandFormat.Float));

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(tiff));

        Assert.AreEqual("its samples are neither 8 nor 16 bits wide", exception.Reason);
    }
}
