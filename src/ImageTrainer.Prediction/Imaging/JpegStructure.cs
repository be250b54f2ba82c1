using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>What a JPEG's markers tell without decoding it (ITU-T T.81, annex B).</summary>
/// <param name="FrameType">Last byte of the first SOF marker: 0xC0 baseline, 0xC2 progressive, 0xC3 lossless, ...; 0 where there is none.</param>
/// <param name="Precision">Bits a sample, by the first SOF; 0 where there is none.</param>
/// <param name="ComponentCount">Components a pixel, by the first SOF.</param>
/// <param name="ScanCount">Number of scans.</param>
/// <param name="BegunComponentCount">Components whose mean values are in a scan.</param>
/// <param name="UnfinishedCoefficientCount">Coefficients of a block, of all components together, of which scans leave bits to later ones that are not there.</param>
/// <param name="HarmlessOddityCount">
/// Oddities that libjpeg warns about once each and that cost no pixel: those of headers. What may be the work of damaged coded data, as bytes
/// between segments behind the first scan, is none.
/// </param>
/// <param name="HasEnd">Whether the end marker was reached.</param>
internal readonly record struct JpegStructure(
    byte FrameType, int Precision, int ComponentCount, int ScanCount, int BegunComponentCount, int UnfinishedCoefficientCount, int HarmlessOddityCount, bool HasEnd)
{
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;

    /// <summary>
    /// Whether the end, every component, and all bits that scans announce are there. libjpeg takes scans that are missing for ones of no detail.
    /// </summary>
    internal bool IsWhole => HasEnd && BegunComponentCount >= ComponentCount && UnfinishedCoefficientCount <= 0;

    /// <summary>Whether it is whole, and libjpeg warned of nothing but oddities that cost no pixel.</summary>
    internal bool IsSound(int warningCount) => IsWhole && warningCount <= HarmlessOddityCount;

    /// <summary>Width or height, whichever is less, by the first SOF; 0 where there is none.</summary>
    internal int ShorterSide { get; private init; }

    private bool IsProgressive => FrameType is 0xC2 or 0xCA;

    private bool HasJfif { get; init; }

    // The last byte of Adobe's segment: how colours were changed for storing.
    private byte? AdobeTransform { get; init; }

    // Of progressive frames: a bit for each component whose mean values are in a scan, by the low bits of its identifier.
    private int BegunComponents { get; init; }

    // Adobe's codes are 0 and 1 of three components, 0 and 2 of four; libjpeg warns at the first scan and takes others for luma and chroma.
    private bool HasOddAdobeTransform => AdobeTransform is { } transform && ComponentCount switch
    {
        3 => !HasJfif && transform > 1,
        4 => transform is not (0 or 2),
        _ => false,
    };

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
                found = found.WithOddity();
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
            return (ScanCount == 0 && HasOddAdobeTransform ? WithOddity() : this).WithScan(segment) with { ScanCount = ScanCount + 1 };
        if (IsFrame(marker) && FrameType == 0)
            return segment.Length < 6 ? this : WithFrame(marker, segment);
        return marker switch
        {
            0xE0 when segment.Length >= 14 && segment.StartsWith("JFIF\0"u8) => WithJfif(segment[5]),
            0xEE when segment.Length >= 12 && segment.StartsWith("Adobe"u8) => this with { AdobeTransform = segment[11] },
            _ => this,
        };
    }

    // The frame header (B.2.2): precision, height, width, count of components.
    private JpegStructure WithFrame(byte marker, ReadOnlySpan<byte> segment) => this with
    {
        FrameType = marker,
        Precision = segment[0],
        ComponentCount = segment[5],
        ShorterSide = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..])),
    };

    // libjpeg knows JFIF 1 and warns of other major versions.
    private JpegStructure WithJfif(byte majorVersion) => (majorVersion == 1 ? this : WithOddity()) with { HasJfif = true };

    private JpegStructure WithHeaderOddity() => this with { HarmlessOddityCount = HarmlessOddityCount + 1 };

    // From the first scan on, what looks like an oddity may be what damage has left of the coded data.
    private JpegStructure WithOddity() => ScanCount == 0 ? WithHeaderOddity() : this;

    // The scan header (B.2.3): count of components, two bytes for each, first and last coefficient, and in the halves of the last byte how many
    // bits the scan before left, 0 for none, and how many this one leaves.
    private JpegStructure WithScan(ReadOnlySpan<byte> scanHeader)
    {
        if (scanHeader.IsEmpty || scanHeader.Length < 4 + (2 * scanHeader[0]))
            return this;
        int components = scanHeader[0];
        ReadOnlySpan<byte> range = scanHeader[(1 + (2 * components))..];
        (int before, int after) = (range[2] >> 4, range[2] & 0x0F);
        if (!IsProgressive)
            return (IsOddSequentialScan(components, range) ? WithHeaderOddity() : this).Begun(components, 0);
        if (range[0] == 0 && before == 0)
            return Begun(components, after > 0 ? 1 + range[1] - range[0] : 0) with { BegunComponents = BegunComponents | Bits(scanHeader) };
        if (range[0] > 0 && (Bits(scanHeader) & ~BegunComponents) != 0)
            return WithHeaderOddity().WithLaterScan(components, range, before, after);
        return WithLaterScan(components, range, before, after);
    }

    private JpegStructure WithLaterScan(int components, ReadOnlySpan<byte> range, int before, int after)
    {
        int length = components * (range[1] - range[0] + 1);
        int change = before == 0 && after > 0 ? length : before > 0 && after == 0 ? -length : 0;
        return this with { UnfinishedCoefficientCount = UnfinishedCoefficientCount + change };
    }

    // Some phones write 0 for the last coefficient of a scan that has no choice. A scan too many is not such an oddity, but damage.
    private bool IsOddSequentialScan(int components, ReadOnlySpan<byte> range) => BegunComponentCount + components <= ComponentCount
        && (range[0] != 0 || range[2] != 0 || (range[1] != 63 && (FrameType is 0xC0 or 0xC1 || range[1] < 63)));

    private static int Bits(ReadOnlySpan<byte> scanHeader)
    {
        int bits = 0;
        for (int i = 0; i < scanHeader[0]; i++)
            bits |= 1 << scanHeader[1 + (2 * i)];
        return bits;
    }

    private JpegStructure Begun(int components, int unfinishedOfEach) => this with
    {
        BegunComponentCount = BegunComponentCount + components,
        UnfinishedCoefficientCount = UnfinishedCoefficientCount + (components * unfinishedOfEach),
    };

    // A scan that holds every component and all there is of each.
    private bool IsWholeImage(ReadOnlySpan<byte> scanHeader) => !IsProgressive && !scanHeader.IsEmpty && scanHeader[0] >= ComponentCount;

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
