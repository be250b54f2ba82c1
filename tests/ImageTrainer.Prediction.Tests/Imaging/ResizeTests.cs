using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ResizeTests
{
    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow(ResizeMode.Crop)]
    [DataRow(ResizeMode.Pad)]
    [DataRow(ResizeMode.Fill)]
    public void Read_ImageOfTheTargetSize_KeepsEveryPixel(ResizeMode mode)
    {
        RgbImage original = TestImages.Noise(48, 32, seed: 6);

        RgbImage image = Reader.Read(original.EncodePng(), Shape(48, 32, mode));

        CollectionAssert.AreEqual(original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_CropOfAScaleOfOne_CutsTheCentreUnchanged()
    {
        RgbImage original = TestImages.Noise(51, 32, seed: 7);

        RgbImage image = Reader.Read(original.EncodePng(), Shape(32, 32, ResizeMode.Crop));

        Assert.AreEqual(original.Pixel(9, 0), image.Pixel(0, 0));
        Assert.AreEqual(original.Pixel(40, 31), image.Pixel(31, 31));
    }

    [TestMethod]
    public void Read_PadOfAScaleOfOne_CentresOverBlack()
    {
        RgbImage original = TestImages.Solid(32, 20, 10, 20, 30);

        RgbImage image = Reader.Read(original.EncodePng(), Shape(32, 32, ResizeMode.Pad));

        Assert.AreEqual(((byte)0, (byte)0, (byte)0), image.Pixel(16, 5));
        Assert.AreEqual(((byte)10, (byte)20, (byte)30), image.Pixel(0, 6));
        Assert.AreEqual(((byte)10, (byte)20, (byte)30), image.Pixel(31, 25));
        Assert.AreEqual(((byte)0, (byte)0, (byte)0), image.Pixel(16, 26));
    }

    [TestMethod]
    [DataRow(ResizeMode.Crop, 64, 191)]
    [DataRow(ResizeMode.Fill, 0, 255)]
    public void Read_HorizontalRampTwiceAsWide_ShowsWhatTheModeKeeps(ResizeMode mode, int left, int right)
    {
        RgbImage ramp = TestImages.Draw(512, 256, (x, _) => ((byte)(x / 2), 0, 0));

        RgbImage image = Reader.Read(ramp.EncodePng(), Shape(64, 64, mode));

        Assert.AreEqual(left, image.Pixel(0, 32).Red, 3.0);
        Assert.AreEqual(right, image.Pixel(63, 32).Red, 3.0);
    }

    [TestMethod]
    public void Read_SmallerThanTheTarget_IsEnlargedWithoutAShift()
    {
        RgbImage ramp = TestImages.Draw(16, 16, (x, y) => ((byte)(x * 16), (byte)(y * 16), 0));

        RgbImage image = Reader.Read(ramp.EncodePng(), Shape(64, 64, ResizeMode.Fill));

        // Pixel centre 32.5 of 64 is 8.125 of 16: half a pixel and an eighth past the centre of pixel 7.
        Assert.AreEqual(7.625 * 16, image.Pixel(32, 32).Red, 0.5);
        Assert.AreEqual(7.625 * 16, image.Pixel(32, 32).Green, 0.5);
    }

    [TestMethod]
    public void Read_CheckerboardScaledDown_IsEvenGrey()
    {
        RgbImage board = TestImages.Draw(640, 640, (x, y) => (x + y) % 2 == 0 ? ((byte)255, (byte)255, (byte)255) : ((byte)0, (byte)0, (byte)0));

        RgbImage image = Reader.Read(board.EncodePng(), Shape(96, 96, ResizeMode.Crop));

        Assert.IsTrue(image.Pixels.All(value => value is > 115 and < 140), $"{image.Pixels.Min()}..{image.Pixels.Max()}");
    }

    [TestMethod]
    [DataRow(1600, 1200)]
    [DataRow(900, 700)]
    [DataRow(450, 500)]
    public void Read_JpegShrunkWhileDecoded_LooksLikeTheWholeOneScaled(int width, int height)
    {
        RgbImage drawing = TestImages.Draw(width, height, (x, y) =>
            ((byte)(128 + (100 * Math.Sin(x * 20.0 / width))), (byte)(128 + (100 * Math.Cos(y * 30.0 / height))), (byte)(255 * x / width)));

        RgbImage fromJpeg = Reader.Read(drawing.EncodeJpeg(98), Shape(100, 100, ResizeMode.Crop));
        RgbImage fromPng = Reader.Read(drawing.EncodePng(), Shape(100, 100, ResizeMode.Crop));

        Assert.IsLessThanOrEqualTo(4, TestImages.LargestDifference(fromJpeg, fromPng));
    }

    [TestMethod]
    public void Read_AnySizeToAnySize_HasExactlyTheTargetSizeAndNoBorder()
    {
        int[] sizes = [1, 2, 3, 31, 97, 224, 225, 300];
        (int Width, int Height)[] targets = [(224, 224), (64, 48), (33, 97), (1, 1)];
        RgbImage[] sources = [.. sizes.SelectMany(width => sizes.Select(height => TestImages.Solid(width, height, 120, 120, 120)))];

        foreach (RgbImage source in sources)
        {
            byte[] png = source.EncodePng();
            foreach ((int width, int height) in targets)
            {
                foreach (ResizeMode mode in (ResizeMode[])[ResizeMode.Crop, ResizeMode.Fill])
                {
                    RgbImage image = Reader.Read(png, Shape(width, height, mode));
                    Assert.AreEqual((width, height, width * height * 3), (image.Width, image.Height, image.Pixels.Length));
                    Assert.AreEqual(-1, image.Pixels.AsSpan().IndexOfAnyExcept((byte)120), $"{source.Width}x{source.Height} to {width}x{height} {mode}");
                }
            }
        }
    }

    [TestMethod]
    [DataRow(1, 30000)]
    [DataRow(30000, 1)]
    [DataRow(3, 9000)]
    public void Read_ImageOutOfAllProportion_ShowsItsCentre(int width, int height)
    {
        RgbImage strip = TestImages.Draw(width, height, (x, y) => ((byte)(200 * Math.Max(x, y) / Math.Max(width, height)), 9, 9));

        RgbImage crop = Reader.Read(strip.EncodePng(), Shape(224, 224, ResizeMode.Crop));
        RgbImage pad = Reader.Read(strip.EncodePng(), Shape(224, 224, ResizeMode.Pad));

        Assert.IsTrue(crop.Pixels.Chunk(3).All(pixel => pixel is [>= 98 and <= 102, 9, 9]));
        Assert.AreEqual(9, pad.Pixel(112, 112).Green + pad.Pixel(111, 111).Green, 9.0);
    }

    [TestMethod]
    [DataRow(1), DataRow(2), DataRow(3), DataRow(4), DataRow(5), DataRow(6), DataRow(7), DataRow(8)]
    public void Read_EachExifOrientation_GivesTheSameUprightImage(int orientation)
    {
        RgbImage upright = TestImages.Gradient(23, 14);
        byte[] png = TestImages.WithPngOrientation(Stored(upright, orientation).EncodePng(), orientation);

        RgbImage read = Reader.Read(png);

        Assert.AreEqual((23, 14), (read.Width, read.Height));
        CollectionAssert.AreEqual(upright.Pixels, read.Pixels);
    }

    [TestMethod]
    public void Read_ExifOrientationBehindThePixelsOfAPng_StandsUpright()
    {
        RgbImage upright = TestImages.Gradient(13, 7);
        byte[] png = TestImages.WithLatePngOrientation(Stored(upright, 6).EncodePng(), 6);

        RgbImage image = Reader.Read(png);

        Assert.AreEqual((upright.Width, upright.Height), (image.Width, image.Height));
        CollectionAssert.AreEqual(upright.Pixels, image.Pixels);
    }

    [TestMethod]
    [DataRow(ResizeMode.Crop)]
    [DataRow(ResizeMode.Pad)]
    [DataRow(ResizeMode.Fill)]
    public void Read_EachExifOrientationScaled_GivesTheSameUprightImage(ResizeMode mode)
    {
        RgbImage upright = TestImages.Draw(211, 150, (x, y) => ((byte)x, (byte)y, (byte)((x * y) >> 8)));
        RgbImage expected = Reader.Read(upright.EncodePng(), Shape(40, 36, mode));

        for (int orientation = 2; orientation <= 8; orientation++)
        {
            byte[] png = TestImages.WithPngOrientation(Stored(upright, orientation).EncodePng(), orientation);
            RgbImage image = Reader.Read(png, Shape(40, 36, mode));
            Assert.IsLessThanOrEqualTo(1, TestImages.LargestDifference(expected, image), $"orientation {orientation}");
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(9)]
    [DataRow(200)]
    public void Read_MeaninglessExifOrientation_CountsAsUpright(int orientation)
    {
        RgbImage original = TestImages.Gradient(12, 8);
        byte[] jpeg = original.EncodeJpeg();

        RgbImage image = Reader.Read(TestImages.WithJpegOrientation(jpeg, orientation));

        CollectionAssert.AreEqual(Reader.Read(jpeg).Pixels, image.Pixels);
    }

    // EXIF 2.32, tag 0x0112: 6, for one, is "the 0th row is the visual right-hand side, the 0th column the visual top".
    private static RgbImage Stored(RgbImage upright, int orientation)
    {
        (int right, int bottom) = (upright.Width - 1, upright.Height - 1);
        (int width, int height) = orientation >= 5 ? (upright.Height, upright.Width) : (upright.Width, upright.Height);
        return TestImages.Draw(width, height, (column, row) => orientation switch
        {
            2 => upright.Pixel(right - column, row),
            3 => upright.Pixel(right - column, bottom - row),
            4 => upright.Pixel(column, bottom - row),
            5 => upright.Pixel(row, column),
            6 => upright.Pixel(right - row, column),
            7 => upright.Pixel(right - row, bottom - column),
            8 => upright.Pixel(row, bottom - column),
            _ => upright.Pixel(column, row),
        });
    }

    private static ImagePreprocessing Shape(int width, int height, ResizeMode mode) => new() { Width = width, Height = height, ResizeMode = mode };
}
