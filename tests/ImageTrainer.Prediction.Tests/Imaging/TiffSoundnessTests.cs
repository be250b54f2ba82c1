using ImageTrainer.Imaging;
using NetVips;
using static NetVips.Enums;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class TiffSoundnessTests
{
    private const string Damaged = "its pixel data is damaged";
    private const string RawPhoto = "it is a camera raw photo, which is not read; convert it to JPEG or PNG";
    private const int Compression = 259;
    private const int PlanarConfiguration = 284;

    private static readonly ImageReader Reader = new();

    [TestMethod]
    [DataRow(ForeignTiffCompression.Lzw, true, 0)]
    [DataRow(ForeignTiffCompression.Lzw, false, 0)]
    [DataRow(ForeignTiffCompression.Deflate, true, 0)]
    [DataRow(ForeignTiffCompression.Deflate, false, 0)]
    [DataRow(ForeignTiffCompression.Jpeg, true, 5)]
    [DataRow(ForeignTiffCompression.Jpeg, false, 5)]
    public void Read_BytesOverwritten_GivesNoWrongPixels(ForeignTiffCompression compression, bool isTiled, int accepted)
    {
        var random = new Random(31);
        int wrongCount = 0;

        for (int round = 0; round < 20; round++)
        {
            byte[] tiff = Tiff(Photo(200, 150, round), compression, isTiled, round % 2 == 0);
            byte[] pixels = Reader.Read(tiff).Pixels;
            random.NextBytes(tiff.AsSpan(random.Next(600, (tiff.Length * 9 / 10) - 64), random.Next(16, 64)));
            if (Failure(tiff) is null && !Reader.Read(tiff).Pixels.AsSpan().SequenceEqual(pixels))
                wrongCount++;
        }

        Assert.IsLessThanOrEqualTo(accepted, wrongCount);
    }

    [TestMethod]
    [DataRow(ForeignTiffCompression.None)]
    [DataRow(ForeignTiffCompression.Lzw)]
    [DataRow(ForeignTiffCompression.Deflate)]
    [DataRow(ForeignTiffCompression.Packbits)]
    public void Read_SoundStripsAndTiles_GiveEveryPixel(ForeignTiffCompression compression)
    {
        RgbImage[] images = [TestImages.Noise(70, 300, 1), TestImages.Solid(200, 301, 1, 2, 3), TestImages.Gradient(129, 130), TestImages.Solid(1, 1, 9, 9, 9)];

        foreach (RgbImage image in images)
        {
            foreach (bool isTiled in (bool[])[true, false])
            {
                CollectionAssert.AreEqual(image.Pixels, Reader.Read(Tiff(image, compression, isTiled, hasPredictor: false)).Pixels);
                CollectionAssert.AreEqual(image.Pixels, Reader.Read(Tiff(image, compression, isTiled, hasPredictor: true)).Pixels);
            }
        }
    }

    [TestMethod]
    [DataRow(257)]
    [DataRow(261)]
    [DataRow(263)]
    public void Read_JpegStripsWithAThinLastOne_AreSound(int height)
    {
        RgbImage image = TestImages.Gradient(40, height);

        RgbImage read = Reader.Read(Tiff(image, ForeignTiffCompression.Jpeg, isTiled: false, hasPredictor: false));

        Assert.AreEqual((40, height), (read.Width, read.Height));
        Assert.AreEqual(image.Pixel(5, height - 1).Red, read.Pixel(5, height - 1).Red, 12.0);
    }

    [TestMethod]
    [DataRow(50000, "ZSTD")]
    [DataRow(34925, "LZMA")]
    [DataRow(6, "old-style JPEG")]
    [DataRow(34712, "JPEG 2000")]
    [DataRow(7777, "7777")]
    public void Read_CompressionThatTheDecoderLacks_IsNamed(int compression, string name)
    {
        foreach (bool isTiled in (bool[])[true, false])
        {
            byte[] tiff = Tiff(TestImages.Gradient(70, 70), ForeignTiffCompression.Deflate, isTiled, hasPredictor: false);
            SetTag(tiff, Compression, compression);

            Assert.AreEqual($"this TIFF's compression ({name}) is not supported", Failure(tiff));
        }
    }

    [TestMethod]
    public void Read_TilesOfSeparatePlanes_AreNotSupported()
    {
        byte[] tiff = Tiff(TestImages.Gradient(70, 70), ForeignTiffCompression.None, isTiled: true, hasPredictor: false);
        SetTag(tiff, PlanarConfiguration, 2);

        Assert.AreEqual("tiles of separate colour planes are not supported", Failure(tiff));
    }

    [TestMethod]
    [DataRow(254, 1, 330, 8)]
    [DataRow(50706, 1, 305, 0)]
    [DataRow(262, 32803, 266, 1)]
    public void Read_RawPhoto_IsRefusedInPlaceOfItsPreview(int tag, int value, int otherTag, int otherValue)
    {
        byte[] tiff = TiffFixtures.File([10, 20, 30, 40, 50, 60], 2, 1, 3, [.. tag == 262 ? [] : ((int, int)[])[(262, 2)], (tag, value), (otherTag, otherValue)]);

        Assert.AreEqual(RawPhoto, Failure(tiff));
        Assert.IsNull(ImageFormats.Detect(tiff));
        Assert.AreEqual("a camera raw photo", ImageFormats.NameForeign(tiff));
    }

    [TestMethod]
    public void Read_ReducedImageAlone_IsRead()
    {
        byte[] tiff = TiffFixtures.File([10, 20, 30, 40, 50, 60], 2, 1, 3, (262, 2), (254, 1));

        CollectionAssert.AreEqual(new byte[] { 10, 20, 30, 40, 50, 60 }, Reader.Read(tiff).Pixels);
    }

    [TestMethod]
    public void Read_LzwCodesOfSingleBytesOnly_AreSound()
    {
        // As written to avoid the former patent: 9 bits each, with the clear code before the first and after every 250.
        byte[] pixels = TestImages.Solid(40, 30, 7, 7, 7).Pixels;
        List<int> codes = [256];
        for (int i = 0; i < pixels.Length; i++)
        {
            codes.Add(pixels[i]);
            if (i % 250 == 249)
                codes.Add(256);
        }

        codes.Add(257);
        string bits = string.Concat(codes.Select(code => Convert.ToString(code, 2).PadLeft(9, '0')));
        byte[] packed = [.. bits.PadRight((bits.Length + 7) / 8 * 8, '0').Chunk(8).Select(byteBits => Convert.ToByte(new string(byteBits), 2))];

        Assert.IsTrue(TiffLzw.IsSound(packed, pixels.Length, pixels.Length));
        Assert.IsFalse(TiffLzw.IsSound(packed, pixels.Length + 1, pixels.Length + 1));
    }

    [TestMethod]
    public void Read_TileOutsideTheFile_SaysTheFileEndsEarly()
    {
        byte[] tiff = Tiff(TestImages.Noise(70, 70, 3), ForeignTiffCompression.Deflate, isTiled: true, hasPredictor: false);
        int entry = Entry(tiff, 324);
        int offsets = BitConverter.ToInt32(tiff, entry + 8);
        BitConverter.TryWriteBytes(tiff.AsSpan(offsets + 4), 99_999_999);

        Assert.AreEqual("the file ends before the image does", Failure(tiff));
    }

    // Smooth shapes with a little noise, as photos have.
    private static RgbImage Photo(int width, int height, int seed)
    {
        var random = new Random(seed);
        return TestImages.Draw(width, height, (x, y) =>
        {
            double wave = Math.Sin((x + (seed * 7)) / 19.0) + Math.Cos(y / 13.0);
            byte Value(double phase) => (byte)Math.Clamp(128 + (55 * wave) + (20 * Math.Sin((x * y / 700.0) + phase)) + random.Next(-9, 10), 0, 255);
            return (Value(0), Value(1), Value(2));
        });
    }

    private static byte[] Tiff(RgbImage image, ForeignTiffCompression compression, bool isTiled, bool hasPredictor)
    {
        var options = new VOption
        {
            { "compression", compression }, { "predictor", hasPredictor ? ForeignTiffPredictor.Horizontal : ForeignTiffPredictor.None },
        };
        if (isTiled)
        {
            options.Add("tile", true);
            options.Add("tile_width", 64);
            options.Add("tile_height", 64);
        }

        return TestImages.Encode(image, "tiff", options);
    }

    private static string? Failure(byte[] content)
    {
        try
        {
            Reader.Read(content);
            return null;
        }
        catch (ImageDecodeException exception)
        {
            return exception.Reason;
        }
    }

    private static int Entry(byte[] tiff, int tag)
    {
        int directory = BitConverter.ToInt32(tiff, 4);
        return Enumerable.Range(0, BitConverter.ToUInt16(tiff, directory)).Select(i => directory + 2 + (12 * i)).First(at => BitConverter.ToUInt16(tiff, at) == tag);
    }

    private static void SetTag(byte[] tiff, int tag, int value) => BitConverter.TryWriteBytes(tiff.AsSpan(Entry(tiff, tag) + 8), (ushort)value);
}
