using System.Buffers;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>
/// Judges the JPEGs that are a TIFF's strips or tiles as JPEG files are judged (<see cref="ImageDecoder"/>): each is decoded once at an
/// eighth of its size, because libtiff and libvips keep libjpeg's warnings to themselves.
/// </summary>
/// <param name="tables">What they have in common, itself a JPEG without pixels; or nothing.</param>
/// <param name="layout">Their size.</param>
internal sealed class TiffJpeg(byte[] tables, TiffLayout layout)
{
    private const string Damaged = "its pixel data is damaged";
    private const int MarkerLength = 2;
    private const int LargestScanCount = 100;

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
        if (structure.ScanCount > LargestScanCount || !JpegCodes.AreSound(file) || !TryDecode(file)
            || !structure.IsSound(VipsLibrary.JpegWarningCount))
            throw new ImageDefectException(Damaged);
    }

    private bool TryDecode(ReadOnlySpan<byte> file)
    {
        try
        {
            using Source content = Source.NewFromMemory(file);
            var options = new VOption { { "access", Enums.Access.Sequential }, { "fail_on", Enums.FailOn.Truncated }, { "shrink", 8 } };
            using Image image = (Image)Operation.Call("jpegload_source", options, content);
            if (image.Width > (layout.BlockWidth / 8) + 1 || image.Height > (layout.BlockHeight / 8) + 1)
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
