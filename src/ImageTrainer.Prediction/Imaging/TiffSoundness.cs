using System.Buffers;
using System.IO.Compression;
using NetVips;

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

/// <summary>
/// Judges the JPEGs that are a TIFF's strips or tiles as JPEG files are judged (<see cref="ImageDecoder"/>): each is decoded once, at an
/// eighth of its size where that leaves any pixels, because libtiff and libvips keep libjpeg's warnings to themselves.
/// </summary>
/// <param name="tables">What they have in common, itself a JPEG without pixels; or nothing.</param>
/// <param name="layout">Their size.</param>
internal sealed class TiffJpeg(byte[] tables, TiffLayout layout)
{
    private const string Damaged = "its pixel data is damaged";
    private const int MarkerLength = 2;
    private const int LargestScanCount = 100;
    private const int Shrink = 8;

    /// <summary>Decodes one of them.</summary>
    /// <exception cref="ImageDefectException">It is damaged, or of a kind that is not read.</exception>
    internal void Check(ReadOnlySpan<byte> block)
    {
        // Without the end of the tables and the start of the block.
        int tablesLength = Math.Max(0, tables.Length - MarkerLength);
        int from = tablesLength == 0 ? 0 : Math.Min(MarkerLength, block.Length);
        byte[] file = ArrayPool<byte>.Shared.Rent(tablesLength + block.Length);
        try
        {
            tables.AsSpan(0, tablesLength).CopyTo(file);
            block[from..].CopyTo(file.AsSpan(tablesLength));
            CheckFile(file.AsSpan(0, tablesLength + block.Length - from));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(file);
        }
    }

    private void CheckFile(ReadOnlySpan<byte> file)
    {
        if (file is not [0xFF, 0xD8, ..])
            throw new ImageDefectException(Damaged);
        JpegStructure structure = JpegStructure.Read(file);
        if (ImageDamage.DescribeJpeg(structure) is { } kind)
            throw new ImageDefectException(kind);
        VipsLibrary.ResetJpegWarnings();
        if (structure.ScanCount > LargestScanCount || !JpegCodes.AreSound(file) || !TryDecode(file, structure.ShorterSide < Shrink ? 1 : Shrink)
            || !structure.IsSound(VipsLibrary.JpegWarningCount))
            throw new ImageDefectException(Damaged);
    }

    private bool TryDecode(ReadOnlySpan<byte> file, int shrink)
    {
        try
        {
            using Source content = Source.NewFromMemory(file);
            var options = new VOption { { "access", Enums.Access.Sequential }, { "fail_on", Enums.FailOn.Truncated }, { "shrink", shrink } };
            using Image image = (Image)Operation.Call("jpegload_source", options, content);
            if (image.Width > (layout.BlockWidth / shrink) + 1 || image.Height > (layout.BlockHeight / shrink) + 1)
                return false;
            image.ReadToEnd();
            return true;
        }
        catch (VipsException)
        {
            return false;
        }
    }
}
