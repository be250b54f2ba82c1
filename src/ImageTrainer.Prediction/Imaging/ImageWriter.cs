using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>Encodes images. The same pixels always give the same bytes: no date, no name, no metadata. Thread safe.</summary>
public static class ImageWriter
{
    private const int DefaultJpegQuality = 90;

    /// <summary>Writes a JPEG file, over one that is there.</summary>
    /// <param name="image">The image.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <param name="quality">1 (smallest) to 100 (best); chroma is kept at full resolution from 90.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveJpeg(this RgbImage image, string path, int quality = DefaultJpegQuality) =>
        File.WriteAllBytes(path, image.EncodeJpeg(quality));

    /// <summary>Writes a PNG file, over one that is there.</summary>
    /// <param name="image">The image.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SavePng(this RgbImage image, string path) => File.WriteAllBytes(path, image.EncodePng());

    /// <summary>Encodes a baseline JPEG.</summary>
    /// <param name="image">The image, at most 65,535 pixels wide and high.</param>
    /// <param name="quality">1 (smallest) to 100 (best); chroma is kept at full resolution from 90.</param>
    /// <exception cref="ArgumentException">The image has not three bytes a pixel, or is too large for JPEG.</exception>
    public static byte[] EncodeJpeg(this RgbImage image, int quality = DefaultJpegQuality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        ThrowIfInvalid(image, largestSide: 65_535);
        return Encode(image, quality);
    }

    /// <summary>Encodes a PNG of 8-bit RGB.</summary>
    /// <param name="image">The image.</param>
    /// <exception cref="ArgumentException">The image has not three bytes a pixel.</exception>
    public static byte[] EncodePng(this RgbImage image)
    {
        ThrowIfInvalid(image, largestSide: 10_000_000);
        return Encode(image, jpegQuality: null);
    }

    private static byte[] Encode(RgbImage image, int? jpegQuality)
    {
        VipsLibrary.Start();
        return EncodeStarted(image, jpegQuality);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte[] EncodeStarted(RgbImage image, int? jpegQuality)
    {
        using Image raw = Image.NewFromMemory<byte>(image.Pixels.AsMemory(), image.Width, image.Height, bands: 3, Enums.BandFormat.Uchar);
        // Raw bands have no meaning yet.
        using Image srgb = raw.Copy(interpretation: Enums.Interpretation.Srgb);
        return jpegQuality is { } quality
            ? srgb.JpegsaveBuffer(quality, keep: Enums.ForeignKeep.None)
            : srgb.PngsaveBuffer(filter: Enums.ForeignPngFilter.All, keep: Enums.ForeignKeep.None);
    }

    private static void ThrowIfInvalid(RgbImage image, int largestSide)
    {
        ArgumentNullException.ThrowIfNull(image);
        RgbImage.ThrowIfInvalid(image);
        if (image.Width > largestSide || image.Height > largestSide)
            throw new ArgumentException($"{image.Width} x {image.Height} pixels are more than the format holds.", nameof(image));
    }
}

/// <summary>
/// Writes pixels as a BMP file in memory: decoded images go the way that files go, to the last pixel, and nothing is compressed on the way.
/// </summary>
internal static class BitmapWriter
{
    private const int FileHeaderLength = 14, HeaderLength = FileHeaderLength + 40, BitsPerPixel = 24, Alignment = 4;

    /// <summary>Gives the B, G and R of a pixel.</summary>
    public delegate (byte Blue, byte Green, byte Red) PixelAt(int x, int y);

    /// <summary>Encodes 24 bits a pixel, without a palette, the lowest row first as the format wants it.</summary>
    public static byte[] Encode(int width, int height, PixelAt pixelAt)
    {
        int rowLength = checked(((3 * width) + Alignment - 1) / Alignment * Alignment);
        byte[] file = new byte[checked(HeaderLength + (rowLength * height))];
        WriteHeader(file, width, height);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = file.AsSpan(HeaderLength + ((height - 1 - y) * rowLength), rowLength);
            for (int x = 0; x < width; x++) (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = pixelAt(x, y);
        }

        return file;
    }

    // BITMAPFILEHEADER, then BITMAPINFOHEADER with one plane and no compression.
    private static void WriteHeader(Span<byte> file, int width, int height)
    {
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file[2..], file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file[10..], HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(file[14..], HeaderLength - FileHeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(file[18..], width);
        BinaryPrimitives.WriteInt32LittleEndian(file[22..], height);
        BinaryPrimitives.WriteInt16LittleEndian(file[26..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(file[28..], BitsPerPixel);
    }
}
