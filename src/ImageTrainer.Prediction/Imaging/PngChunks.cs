using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace ImageTrainer.Imaging;

/// <summary>What a PNG's chunks tell without decoding it: each is length, type, data and checksum (PNG specification, 5.3).</summary>
internal static class PngChunks
{
    private const int FirstChunk = 8;
    private const int Frame = 12;

    /// <summary>Whether the end chunk is there.</summary>
    internal static bool HasEnd(ReadOnlySpan<byte> content) => TryFind(content, "IEND"u8, out _);

    /// <summary>Whether there is a colour profile that counts: where a chunk says sRGB, none does (11.3.2).</summary>
    internal static bool HasProfile(ReadOnlySpan<byte> content) => TryFind(content, "iCCP"u8, out _) && !TryFind(content, "sRGB"u8, out _);

    /// <summary>
    /// The EXIF orientation, before or behind the pixels: that of the EXIF chunk; else of EXIF as ImageMagick wrote it before there was
    /// such a chunk;
    /// else of XMP. 1 (upright) where there is none.
    /// </summary>
    internal static int Orientation(ReadOnlySpan<byte> content)
    {
        if (TryFind(content, "eXIf"u8, out ReadOnlySpan<byte> exif) && new TiffDirectory(exif) is { HasOrientation: true } directory)
            return directory.Orientation;
        return PngText.Orientation(content);
    }

    /// <summary>Goes to the next chunk before the end chunk.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="at">Where it begins; 0 for the first. Left on the one behind it.</param>
    /// <param name="type">Its four letters.</param>
    /// <param name="data">Its data, as far as the file has it.</param>
    internal static bool TryNext(ReadOnlySpan<byte> content, scoped ref long at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
    {
        type = data = default;
        at = Math.Max(at, FirstChunk);
        if (at + Frame > content.Length)
            return false;
        ReadOnlySpan<byte> chunk = content[(int)at..];
        long length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
        type = chunk.Slice(4, 4);
        data = chunk.Slice(8, (int)Math.Min(length, chunk.Length - Frame));
        at += Frame + length;
        return true;
    }

    private static bool TryFind(ReadOnlySpan<byte> content, ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
    {
        long at = 0;
        while (TryNext(content, ref at, out ReadOnlySpan<byte> found, out data))
        {
            if (found.SequenceEqual(type))
                return true;
            if (found.SequenceEqual("IEND"u8))
                return false;
        }

        return false;
    }
}

/// <summary>
/// Finds an orientation in a PNG's texts (PNG specification, 11.3.3): in EXIF as a text of hexadecimal digits, or in XMP.
/// </summary>
internal static class PngText
{
    // XMP is a few thousand characters; one of millions is no description.
    private const int LongestText = 1 << 20;

    private const string Property = "tiff:Orientation";

    /// <summary>1 to 8; 1 (upright) where no text says anything.</summary>
    internal static int Orientation(ReadOnlySpan<byte> content)
    {
        int orientation = 1;
        long at = 0;
        while (PngChunks.TryNext(content, ref at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data))
        {
            if (IsText(type) && (data.StartsWith("Raw profile type exif\0"u8) || data.StartsWith("Raw profile type APP1\0"u8)))
            {
                if (ExifOrientationOf(Text(type, data)) is { } exact)
                    return exact;
            }
            else if (IsText(type) && data.StartsWith("XML:com.adobe.xmp\0"u8))
            {
                orientation = XmpOrientation(Encoding.UTF8.GetString(Text(type, data)));
            }
        }

        return orientation;
    }

    private static bool IsText(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("tEXt"u8) || type.SequenceEqual("zTXt"u8) || type.SequenceEqual("iTXt"u8);

    // Behind the keyword and its zero: tEXt the text; zTXt 0 for zlib and it compressed; iTXt whether it is compressed, 0 for zlib,
    // two more
    // texts that end in zeros.
    private static byte[] Text(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data[(data.IndexOf((byte)0) + 1)..];
        if (type.SequenceEqual("tEXt"u8))
            return rest.ToArray();
        if (type.SequenceEqual("zTXt"u8))
            return rest.IsEmpty ? [] : Inflate(rest[1..]);
        if (rest.Length < 2)
            return [];
        bool isCompressed = rest[0] == 1;
        rest = rest[2..];
        for (int i = 0; i < 2; i++)
            rest = rest[(rest.IndexOf((byte)0) + 1)..];
        return isCompressed ? Inflate(rest) : rest.ToArray();
    }

    private static byte[] Inflate(ReadOnlySpan<byte> compressed)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent(LongestText);
        try
        {
            using var stream = new ZLibStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
            int length = stream.ReadAtLeast(text.AsSpan(0, LongestText), LongestText, throwOnEndOfStream: false);
            return text[..length];
        }
        catch (InvalidDataException)
        {
            return [];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    // A line with the kind, one with the number of bytes, and they in hexadecimal digits on many lines: EXIF with or without the name that
    // JPEG puts before it.
    private static int? ExifOrientationOf(byte[] text)
    {
        string[] lines = Encoding.Latin1.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length < 3)
            return null;
        try
        {
            ReadOnlySpan<byte> exif = Convert.FromHexString(string.Concat(lines[2..]));
            var directory = new TiffDirectory(exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif);
            return directory.HasOrientation ? directory.Orientation : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // As an attribute, tiff:Orientation="6", or as an element of its own.
    private static int XmpOrientation(string xmp)
    {
        int at = xmp.IndexOf(Property, StringComparison.Ordinal);
        if (at < 0)
            return 1;
        ReadOnlySpan<char> value = xmp.AsSpan(at + Property.Length).TrimStart("= \t\r\n\"'>");
        return value.Length > 0 && int.TryParse(value[..1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number is >= 1 and <= 8 && (value.Length == 1 || !char.IsAsciiDigit(value[1]))
            ? number
            : 1;
    }
}
