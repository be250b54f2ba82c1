using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>Recognises image formats by their first bytes; file names and extensions play no part.</summary>
public static class ImageFormats
{
    /// <summary>Number of bytes from the start of a file that <see cref="Detect"/> looks at, at most.</summary>
    public const int HeaderLength = 512;

    /// <summary>Names the format that the content shows, or gives null where it shows none that can be read.</summary>
    /// <param name="header">The first bytes of the file; <see cref="HeaderLength"/> of them, or all where there are fewer.</param>
    /// <returns>"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", or null.</returns>
    public static string? Detect(ReadOnlySpan<byte> header) => header switch
    {
        [0xFF, 0xD8, 0xFF, ..] => "jpeg",
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "png",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "gif",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "webp",
        [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => "tiff",
        [(byte)'B', (byte)'M', ..] when IsBitmap(header) => "bmp",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] when IsAvif(header) => "avif",
        _ => null,
    };

    /// <summary>Says in one clause what content is that <see cref="Detect"/> does not know.</summary>
    internal static string DescribeUnreadable(ReadOnlySpan<byte> header) => NameForeign(header) is { } kind
        ? $"it is {kind}, which is not read; convert it to JPEG or PNG"
        : "its content is no image format that can be read (JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF)";

    /// <summary>Names a kind of file that is taken for an image and is not read, or gives null.</summary>
    internal static string? NameForeign(ReadOnlySpan<byte> header) => header switch
    {
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a Photoshop document",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF document",
        [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] => "a JPEG XL image",
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] => "a JPEG 2000 image",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "a HEIC image or a video",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip archive",
        _ => DescribeMarkup(header),
    };

    // Pages that say "not found" are what scraped photo folders are full of.
    private static string? DescribeMarkup(ReadOnlySpan<byte> header)
    {
        string text = System.Text.Encoding.Latin1.GetString(header);
        if (!text.TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n').StartsWith('<'))
            return null;
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase))
            return "an SVG drawing";
        return text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase)
            ? "a web page"
            : null;
    }

    // "BM" alone also starts ordinary text, so the size of the information header (BITMAPCOREHEADER 12 ... BITMAPV5HEADER 124) is asked too.
    private static bool IsBitmap(ReadOnlySpan<byte> header) =>
        header.Length >= 18 && header[15] == 0 && header[16] == 0 && header[17] == 0 && header[14] is >= 12 and <= 124;

    // ISO/IEC 23008-12: the major brand at byte 8, compatible brands from byte 16 to the end of the box.
    private static bool IsAvif(ReadOnlySpan<byte> header)
    {
        int boxLength = (int)Math.Min((uint)header.Length, BinaryPrimitives.ReadUInt32BigEndian(header));
        for (int at = 8; at + 4 <= boxLength; at += at == 8 ? 8 : 4)
        {
            if (header.Slice(at, 4).SequenceEqual("avif"u8) || header.Slice(at, 4).SequenceEqual("avis"u8))
                return true;
        }

        return false;
    }
}
