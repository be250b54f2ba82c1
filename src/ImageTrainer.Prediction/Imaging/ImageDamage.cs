using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>Finds words for why a decoder gave up, from the image's bytes alone, so that the same file always gets the same reason.</summary>
internal static class ImageDamage
{
    private const string EndsEarly = "the file ends before the image does";

    /// <summary>Gives the reason as one clause, or null where the bytes' outline is whole and only their inside can be wrong.</summary>
    internal static string? Describe(EncodedImage encoded)
    {
        ReadOnlySpan<byte> content = encoded.Content.Span;
        return encoded.Format switch
        {
            "jpeg" => DescribeJpeg(JpegStructure.Read(content)),
            "png" => PngChunks.HasEnd(content) ? null : EndsEarly,
            "gif" => content.TrimEnd((byte)0) is [.., 0x3B] ? null : EndsEarly,
            "webp" => content.Length - 8 >= BinaryPrimitives.ReadUInt32LittleEndian(content[4..]) ? null : EndsEarly,
            "tiff" => TiffSoundness.Describe(new TiffDirectory(content)),
            "avif" or "heic" => EndOfBoxes(content) ? null : EndsEarly,
            _ => null,
        };
    }

    /// <summary>Gives the reason for a JPEG, wherever it is stored.</summary>
    internal static string? DescribeJpeg(JpegStructure jpeg) => jpeg switch
    {
        { FrameType: 0xC3 or 0xC7 or 0xCB or 0xCF } => "lossless JPEG is not supported",
        { FrameType: 0xC5 or 0xC6 or 0xCD or 0xCE } => "hierarchical JPEG is not supported",
        { FrameType: not 0, Precision: not 8 } => $"JPEG with {jpeg.Precision}-bit samples is not supported",
        { HasEnd: false } => EndsEarly,
        _ => null,
    };

    // ISO/IEC 14496-12, 4.2: each box begins with its length; 0 is "to the end of the file", 1 "64 bits follow".
    private static bool EndOfBoxes(ReadOnlySpan<byte> content)
    {
        long at = 0;
        while (at + 8 <= content.Length)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(content[(int)at..]);
            if (length == 1 && at + 16 <= content.Length)
                length = BinaryPrimitives.ReadInt64BigEndian(content[((int)at + 8)..]);
            if (length == 0)
                return true;
            if (length < 8 || length > content.Length - at)
                return false;
            at += length;
        }

        return true;
    }
}
