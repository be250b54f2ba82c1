using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>What a PNG's chunks tell without decoding it: each is length, type, data and checksum (PNG specification, 5.3).</summary>
internal static class PngChunks
{
    private const int FirstChunk = 8;
    private const int Frame = 12;

    /// <summary>Whether the end chunk is there.</summary>
    internal static bool HasEnd(ReadOnlySpan<byte> content) => TryFind(content, "IEND"u8, out _);

    /// <summary>The EXIF orientation, before or behind the pixels; 1 (upright) where there is none.</summary>
    internal static int Orientation(ReadOnlySpan<byte> content) =>
        TryFind(content, "eXIf"u8, out ReadOnlySpan<byte> exif) ? new TiffDirectory(exif).Orientation : 1;

    private static bool TryFind(ReadOnlySpan<byte> content, ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
    {
        data = default;
        for (long at = FirstChunk; at + Frame <= content.Length;)
        {
            ReadOnlySpan<byte> chunk = content[(int)at..];
            long length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            if (chunk[4..].StartsWith(type))
            {
                data = chunk.Slice(8, (int)Math.Min(length, chunk.Length - Frame));
                return true;
            }

            if (chunk[4..].StartsWith("IEND"u8))
                return false;
            at += Frame + length;
        }

        return false;
    }
}
