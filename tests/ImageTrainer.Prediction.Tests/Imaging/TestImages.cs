using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ImageTrainer.Imaging;
using NetVips;
using static NetVips.Enums;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Draws small images and encodes them in every format, with the metadata a test wants.</summary>
internal static class TestImages
{
    /// <summary>Red grows to the right, green downwards, blue alternates: no two corners alike, in any orientation.</summary>
    internal static RgbImage Gradient(int width, int height) => Draw(width, height, (x, y) =>
        ((byte)(255 * x / Math.Max(1, width - 1)), (byte)(255 * y / Math.Max(1, height - 1)), (byte)((x + y) % 2 * 40)));

    internal static RgbImage Solid(int width, int height, byte red, byte green, byte blue) => Draw(width, height, (_, _) => (red, green, blue));

    /// <summary>Noise that no encoder can make small.</summary>
    internal static RgbImage Noise(int width, int height, int seed)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    internal static RgbImage Draw(int width, int height, Func<int, int, (byte Red, byte Green, byte Blue)> colour)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = colour(i % width, i / width);
        return new RgbImage(width, height, pixels);
    }

    internal static (byte Red, byte Green, byte Blue) Pixel(this RgbImage image, int x, int y)
    {
        int at = ((y * image.Width) + x) * 3;
        return (image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
    }

    internal static int LargestDifference(RgbImage one, RgbImage other)
    {
        Assert.AreEqual((one.Width, one.Height), (other.Width, other.Height));
        return one.Pixels.Zip(other.Pixels, (a, b) => Math.Abs(a - b)).Max();
    }

    /// <summary>Encodes through one of libvips' savers: "jpeg", "png", "webp", "gif", "tiff" or "heif".</summary>
    internal static byte[] Encode(RgbImage image, string saver, VOption? options = null) =>
        EncodeBands(image.Pixels, image.Width, image.Height, Interpretation.Srgb, saver, options);

    internal static byte[] EncodeAvif(RgbImage image) =>
        Encode(image, "heif", new VOption { { "compression", ForeignHeifCompression.Av1 } });

    /// <summary>Encodes [H, W, bands] of bytes that mean what the interpretation says, after an operation.</summary>
    internal static byte[] EncodeBands(
        byte[] pixels, int width, int height, Interpretation interpretation, string saver, VOption? options = null, Func<Image, Image>? before = null)
    {
        VipsLibrary.Start();
        using Image raw = Image.NewFromMemory<byte>(pixels.AsMemory(), width, height, pixels.Length / (width * height), BandFormat.Uchar);
        using Image drawn = raw.Copy(interpretation: interpretation);
        using Image changed = before is null ? drawn.Copy() : before(drawn);
        return (byte[])Operation.Call($"{saver}save_buffer", options, changed);
    }

    /// <summary>Puts a chunk behind a PNG's IHDR.</summary>
    internal static byte[] WithPngChunk(byte[] png, string type, byte[] data)
    {
        const int EndOfHeader = 33;
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
        return [.. png[..EndOfHeader], .. chunk, .. png[EndOfHeader..]];
    }

    /// <summary>Gives a PNG an EXIF orientation.</summary>
    internal static byte[] WithPngOrientation(byte[] png, int orientation) => WithPngChunk(png, "eXIf", Exif(orientation));

    /// <summary>Gives a PNG an EXIF orientation that stands behind its pixels.</summary>
    internal static byte[] WithLatePngOrientation(byte[] png, int orientation)
    {
        const int EndOfHeader = 33;
        const int EndLength = 12;
        byte[] early = WithPngOrientation(png, orientation);
        return [.. png[..^EndLength], .. early[EndOfHeader..(EndOfHeader + early.Length - png.Length)], .. png[^EndLength..]];
    }

    /// <summary>Gives a PNG an ICC profile.</summary>
    internal static byte[] WithPngProfile(byte[] png, byte[] profile)
    {
        using var compressed = new MemoryStream();
        compressed.Write("test\0\0"u8);
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(profile);
        return WithPngChunk(png, "iCCP", compressed.ToArray());
    }

    /// <summary>Puts a segment behind a JPEG's first two bytes.</summary>
    internal static byte[] WithJpegSegment(byte[] jpeg, byte marker, byte[] data) =>
        [.. jpeg[..2], 0xFF, marker, (byte)((data.Length + 2) >> 8), (byte)(data.Length + 2), .. data, .. jpeg[2..]];

    /// <summary>Gives a JPEG an EXIF orientation.</summary>
    internal static byte[] WithJpegOrientation(byte[] jpeg, int orientation) =>
        WithJpegSegment(jpeg, 0xE1, [.. "Exif\0\0"u8, .. Exif(orientation)]);

    // TIFF header, one directory with one SHORT entry 0x0112, no next directory.
    private static byte[] Exif(int orientation) =>
        [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
