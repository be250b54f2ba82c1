using System.Buffers;
using System.IO.Compression;

namespace ImageTrainer.Imaging;

/// <summary>
/// Finds damage in the strips and tiles of a TIFF before they are decoded. libtiff does not compare the checksums of deflate, takes any
/// LZW codes that give enough bytes, and libvips shows a tile that cannot be decoded as black.
/// </summary>
internal static class TiffSoundness
{
    private const string Damaged = "its pixel data is damaged";
    private const string EndsEarly = "the file ends before the image does";
    private const int ChunkLength = 1 << 14;

    // Filling behind the last code.
    private const int LongestTail = 3;

    /// <summary>Why this TIFF is not read, whatever its pixels are, or null.</summary>
    internal static string? Refusal(TiffDirectory directory)
    {
        if (directory.IsRawPhoto)
            return ImageFormats.RawPhotoRefusal;
        if (directory.IsPreview)
            return "its first page is a preview, and the photo behind it is not read; convert it to JPEG or PNG";
        if (!VipsLibrary.IsSystems && TiffCompression.Refusal(directory.Compression) is { } refusal)
            return refusal;
        if (directory.HasUnconvertedChroma)
            return "YCbCr colours are read only where they are stored as JPEG";
        return directory is { IsTiled: true, HasSeparatePlanes: true } ? "tiles of separate colour planes are not supported" : null;
    }

    /// <summary>Why this TIFF could not be read, or null where nothing but damage of its pixels can be why.</summary>
    internal static string? Describe(TiffDirectory directory) => Refusal(directory) ?? TiffCompression.Refusal(directory.Compression);

    /// <summary>Goes through all strips or tiles of the compressions that can be checked.</summary>
    /// <exception cref="ImageDefectException">One is damaged or missing.</exception>
    internal static void Check(ReadOnlyMemory<byte> content)
    {
        var directory = new TiffDirectory(content.Span);
        int compression = directory.Compression;
        if (!TiffCompression.IsChecked(compression))
            return;
        TiffLayout layout = directory.Layout;
        var jpeg = new TiffJpeg(directory.JpegTables.ToArray(), layout);
        for (long i = 0; i < layout.BlockCount; i++)
        {
            ReadOnlySpan<byte> block = directory.Block(i);
            if (block.IsEmpty)
                throw new ImageDefectException(EndsEarly);
            if (compression == TiffCompression.Jpeg)
                jpeg.Check(block);
            else if (!IsSound(block, directory, layout.LengthOf(i), layout.BlockLength))
                throw new ImageDefectException(Damaged);
        }
    }

    private static bool IsSound(ReadOnlySpan<byte> block, TiffDirectory directory, long length, long fullLength)
    {
        if (directory.Compression == TiffCompression.None)
            return block.Length >= length;
        if (!directory.HasReversedBits)
            return IsSound(block, directory.Compression, length, fullLength);
        byte[] turned = ArrayPool<byte>.Shared.Rent(block.Length);
        try
        {
            for (int i = 0; i < block.Length; i++)
                turned[i] = Reverse(block[i]);
            return IsSound(turned.AsSpan(0, block.Length), directory.Compression, length, fullLength);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(turned);
        }
    }

    private static bool IsSound(ReadOnlySpan<byte> block, int compression, long length, long fullLength) => compression switch
    {
        TiffCompression.Lzw => TiffLzw.IsSound(block, length, fullLength),
        TiffCompression.PackBits => IsSoundPackBits(block, length, fullLength),
        _ => IsSoundDeflate(block, length, fullLength),
    };

    // To the end of the stream, where zlib compares the checksum of all that came before.
    private static unsafe bool IsSoundDeflate(ReadOnlySpan<byte> block, long length, long fullLength)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            fixed (byte* start = block)
            {
                using var stored = new UnmanagedMemoryStream(start, block.Length);
                using var stream = new ZLibStream(stored, CompressionMode.Decompress);
                long total = 0;
                for (int count = 1; count > 0 && total <= fullLength; total += count)
                    count = stream.Read(chunk, 0, chunk.Length);
                return total == length || total == fullLength;
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    // TIFF 6.0, section 9: a byte n, then n + 1 bytes as they are, or below 0 one byte 1 - n times; -128 is nothing.
    private static bool IsSoundPackBits(ReadOnlySpan<byte> block, long length, long fullLength)
    {
        long total = 0;
        int at = 0;
        while (at < block.Length && total < fullLength && !(total == length && block.Length - at <= LongestTail))
        {
            int code = (sbyte)block[at++];
            at += code >= 0 ? code + 1 : code == -128 ? 0 : 1;
            total += code >= 0 ? code + 1 : code == -128 ? 0 : 1 - code;
        }

        return at <= block.Length && block.Length - at <= LongestTail && (total == length || total == fullLength);
    }

    private static byte Reverse(byte value)
    {
        int bits = 0;
        for (int i = 0; i < 8; i++)
            bits |= ((value >> i) & 1) << (7 - i);
        return (byte)bits;
    }
}
