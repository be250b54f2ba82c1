using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>What a PNG's chunks tell without decoding it: each is length, type, data and checksum (PNG specification, 5.3).</summary>
internal static class PngChunks
{
    private const int FirstChunk = 8;
    private const int Frame = 12;

    /// <summary>Whether the end chunk is there.</summary>
    internal static bool HasEnd(ReadOnlySpan<byte> content) => TryFind(content, "IEND"u8, out _);

    /// <summary>
    /// The EXIF orientation, before or behind the pixels: that of the EXIF chunk; else of EXIF as ImageMagick wrote it before there was such a chunk;
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
