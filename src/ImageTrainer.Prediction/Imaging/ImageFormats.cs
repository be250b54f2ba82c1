using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>Recognises image formats by their first bytes; file names and extensions play no part.</summary>
public static class ImageFormats
{
    /// <summary>Number of bytes from the start of a file that <see cref="Detect"/> looks at, at most.</summary>
    public const int HeaderLength = 512;

    /// <summary>Why a camera's raw file is refused.</summary>
    internal const string RawPhotoRefusal = $"it is {RawPhoto}, which is not read; convert it to JPEG or PNG";

    private const string Heic = "a HEIC image";
    private const string RawPhoto = "a camera raw photo";

    /// <summary>Names the format that the content shows, or gives null where it shows none that can be read.</summary>
    /// <param name="header">The first bytes of the file; <see cref="HeaderLength"/> of them, or all where there are fewer.</param>
    /// <returns>"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", "heic" where the system's libvips is used (README, "HEIC"), or
    /// null.</returns>
    public static string? Detect(ReadOnlySpan<byte> header) => header switch
    {
        [0xFF, 0xD8, 0xFF, ..] => "jpeg",
        [0xFF, 0xD8, ..] when IsJpegBehindStrayBytes(header) => "jpeg",
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "png",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "gif",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "webp",
        [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] =>
            new TiffDirectory(header).IsRawPhoto ? null : "tiff",
        [(byte)'B', (byte)'M', ..] when IsBitmap(header) => "bmp",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] when HasBrand(header, "avif"u8, "avis"u8) => "avif",
        _ => VipsLibrary.IsSystems && IsHeic(header) ? "heic" : null,
    };

    /// <summary>Says in one clause what content is that <see cref="Detect"/> does not know.</summary>
    internal static string DescribeUnreadable(ReadOnlySpan<byte> header) => NameForeign(header) switch
    {
        Heic => "it is a HEIC image, which takes the system's libvips (IMAGETRAINER_LIBVIPS=system; in applications ImageTrainerLibvips)",
        { } kind => $"it is {kind}, which is not read; convert it to JPEG or PNG",
        null => "its content is no image format that can be read (JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF)",
    };

    /// <summary>Says in one clause what content is that is a picture and of a format that is not read; null of all other content.</summary>
    internal static string? DescribeForeignImage(ReadOnlySpan<byte> header) => Detect(header) is null
        && NameForeign(header) is "a Photoshop document" or "a JPEG XL image" or "a JPEG 2000 image" or "a JPEG XR image" or RawPhoto or Heic
            ? DescribeUnreadable(header)
            : null;

    /// <summary>Names a kind of file that is taken for an image and is not read, or gives null.</summary>
    public static string? NameForeign(ReadOnlySpan<byte> header) => header switch
    {
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a Photoshop document",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF document",
        [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] => "a JPEG XL image",
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] => "a JPEG 2000 image",
        [(byte)'I', (byte)'I', 0xBC, ..] => "a JPEG XR image",
        _ when IsRawPhoto(header) => RawPhoto,
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => IsHeic(header) ? Heic : "a video or a camera raw file",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip archive",
        _ => DescribeMarkup(header),
    };

    // Those that are TIFF by their first bytes (DNG, CR2, NEF, ARW), and makers' own: Canon, Fujifilm, Minolta, Olympus, Panasonic, Sigma.
    private static bool IsRawPhoto(ReadOnlySpan<byte> header) => header switch
    {
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => new TiffDirectory(header).IsRawPhoto,
        [(byte)'I', (byte)'I', (byte)'R', (byte)'O' or (byte)'S', ..] or [(byte)'M', (byte)'M', (byte)'O', (byte)'R', ..] => true,
        [(byte)'I', (byte)'I', (byte)'U', 0, ..] or [0, (byte)'M', (byte)'R', (byte)'M', ..] => true,
        _ => header.StartsWith("FUJIFILMCCD-RAW"u8) || header.StartsWith("FOVb"u8) || (header.Length > 14 && header[6..].StartsWith("HEAPCCDR"u8))
            || (header.Length > 12 && header[4..].StartsWith("ftypcrx "u8)),
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

    // Decoders pass over stray bytes before the first segment; two bytes alone would show nothing.
    private static bool IsJpegBehindStrayBytes(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> start = header[..Math.Min(header.Length, 64)];
        int at = 2 + start[2..].IndexOf((byte)0xFF);
        return at > 2 && start.Length > at + 8 && (start[(at + 4)..].StartsWith("JFIF\0"u8) || start[(at + 4)..].StartsWith("Exif\0"u8));
    }

    // "BM" alone also starts ordinary text, so the size of the information header (BITMAPCOREHEADER 12 ... BITMAPV5HEADER 124) is
    // asked too.
    private static bool IsBitmap(ReadOnlySpan<byte> header) =>
        header.Length >= 18 && header[15] == 0 && header[16] == 0 && header[17] == 0 && header[14] is >= 12 and <= 124;

    // HEVC in a HEIF container, as phones write it: single images and sequences, in the profiles that ISO/IEC 23008-12, annex B names.
    private static bool IsHeic(ReadOnlySpan<byte> header) => header is [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..]
        && (HasBrand(header, "heic"u8, "heix"u8) || HasBrand(header, "heim"u8, "heis"u8) || HasBrand(header, "hevc"u8, "hevx"u8) || HasBrand(header, "hevm"u8, "hevs"u8));

    // ISO/IEC 14496-12, 4.3: the major brand at byte 8, compatible brands from byte 16 to the end of the box.
    private static bool HasBrand(ReadOnlySpan<byte> header, ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int boxLength = (int)Math.Min((uint)header.Length, BinaryPrimitives.ReadUInt32BigEndian(header));
        for (int at = 8; at + 4 <= boxLength; at += at == 8 ? 8 : 4)
        {
            ReadOnlySpan<byte> brand = header.Slice(at, 4);
            if (brand.SequenceEqual(one) || brand.SequenceEqual(other))
                return true;
        }

        return false;
    }
}
