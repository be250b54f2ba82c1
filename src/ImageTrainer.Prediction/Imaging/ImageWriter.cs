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
