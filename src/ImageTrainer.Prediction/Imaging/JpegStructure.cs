using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>What a JPEG's markers tell without decoding it (ITU-T T.81, annex B).</summary>
/// <param name="FrameType">Last byte of the first SOF marker: 0xC0 baseline, 0xC2 progressive, 0xC3 lossless, ...; 0 where there is none.</param>
/// <param name="Precision">Bits a sample, by the first SOF; 0 where there is none.</param>
/// <param name="ComponentCount">Components a pixel, by the first SOF.</param>
/// <param name="ScanCount">Number of scans.</param>
/// <param name="HarmlessOddityCount">Oddities that libjpeg warns about once each and that cost no pixel.</param>
/// <param name="HasEnd">Whether the end marker was reached.</param>
internal readonly record struct JpegStructure(
    byte FrameType, int Precision, int ComponentCount, int ScanCount, int HarmlessOddityCount, bool HasEnd)
{
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;

    /// <summary>Walks the markers of a file that begins with FF D8.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="onlyIfMultiScan">Stop at the first scan where it holds the whole image, as most files' do.</param>
    internal static JpegStructure Read(ReadOnlySpan<byte> content, bool onlyIfMultiScan = false)
    {
        JpegStructure found = default;
        int at = 2;
        while (TryFindMarker(content, ref at, out bool skippedBytes))
        {
            byte marker = content[at++];
            if (skippedBytes)
                found = found with { HarmlessOddityCount = found.HarmlessOddityCount + 1 };
            if (marker == EndOfImage)
                return found with { HasEnd = true };
            if (IsAlone(marker))
                continue;
            if (!TryTakeSegment(content, ref at, out ReadOnlySpan<byte> segment))
                return found;
            found = found.With(marker, segment);
            if (marker != StartOfScan)
                continue;
            if (onlyIfMultiScan && found.IsWholeImage(segment))
                return found;
            at = EndOfScan(content, at);
        }

        return found;
    }

    private JpegStructure With(byte marker, ReadOnlySpan<byte> segment)
    {
        if (marker == StartOfScan)
            return this with { ScanCount = ScanCount + 1 };
        if (IsFrame(marker) && FrameType == 0)
            return segment.Length < 6 ? this : this with { FrameType = marker, Precision = segment[0], ComponentCount = segment[5] };
        // libjpeg knows JFIF 1 and 2 and warns of other major versions.
        bool isOddJfif = marker == 0xE0 && segment.Length >= 14 && segment.StartsWith("JFIF\0"u8) && segment[5] is not (1 or 2);
        return isOddJfif ? this with { HarmlessOddityCount = HarmlessOddityCount + 1 } : this;
    }

    // A sequential frame's scan that holds every component.
    private bool IsWholeImage(ReadOnlySpan<byte> scanHeader) =>
        FrameType is 0xC0 or 0xC1 or 0xC9 && !scanHeader.IsEmpty && scanHeader[0] >= ComponentCount;

    // Leaves `at` on the byte after FF that names the marker; FF 00 and stray bytes are skipped, runs of FF are legal filling.
    private static bool TryFindMarker(ReadOnlySpan<byte> content, ref int at, out bool skippedBytes)
    {
        skippedBytes = false;
        while (at < content.Length)
        {
            int next = content[at..].IndexOf((byte)0xFF);
            if (next < 0)
                return false;
            skippedBytes |= next > 0;
            at += next;
            while (at < content.Length && content[at] == 0xFF)
                at++;
            if (at < content.Length && content[at] != 0)
                return true;
            skippedBytes = true;
        }

        return false;
    }

    private static bool TryTakeSegment(ReadOnlySpan<byte> content, ref int at, out ReadOnlySpan<byte> segment)
    {
        segment = default;
        if (at + 2 > content.Length)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(content[at..]);
        if (length < 2 || at + length > content.Length)
            return false;
        segment = content.Slice(at + 2, length - 2);
        at += length;
        return true;
    }

    // Coded data runs on to the next FF that is neither stuffing (FF 00) nor a restart marker.
    private static int EndOfScan(ReadOnlySpan<byte> content, int at)
    {
        while (at < content.Length)
        {
            int next = content[at..].IndexOf((byte)0xFF);
            if (next < 0)
                return content.Length;
            at += next;
            if (at + 1 < content.Length && content[at + 1] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))
                return at;
            at++;
        }

        return at;
    }

    private static bool IsAlone(byte marker) => marker is 0x01 or (>= 0xD0 and <= 0xD8);

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}
