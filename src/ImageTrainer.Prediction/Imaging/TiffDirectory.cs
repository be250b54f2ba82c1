namespace ImageTrainer.Imaging;

/// <summary>
/// What the first directory of a TIFF file, or of EXIF, says and libvips does not pass on (TIFF 6.0, sections 2 and 8; BigTIFF, whose
/// counts and offsets have 8 bytes). Damaged ones have missing values.
/// </summary>
internal readonly ref struct TiffDirectory
{
    private const long Missing = -1;
    private const int CompressionTag = 259;
    private const int PhotometricTag = 262;
    private const int OrientationTag = 274;
    private const int SamplesPerPixelTag = 277;
    private const int ExtraSamplesTag = 338;

    private readonly ReadOnlySpan<byte> _content;
    private readonly bool _isLittleEndian;
    private readonly int _offsetLength;
    private readonly long _start;
    private readonly long _end;

    /// <param name="content">The whole file.</param>
    internal TiffDirectory(ReadOnlySpan<byte> content)
    {
        _content = content;
        _isLittleEndian = content is [(byte)'I', ..];
        bool isBig = Number(2, 2) == 43;
        _offsetLength = isBig ? 8 : 4;
        int countLength = isBig ? 8 : 2;
        long directory = Number(isBig ? 8 : 4, _offsetLength);
        long count = Math.Clamp(Number(directory, countLength), 0, content.Length / EntryLength);
        _start = directory + countLength;
        _end = _start + (count * EntryLength);
    }

    // Tag, type, count of values, and the values or where they are.
    private int EntryLength => 4 + (2 * _offsetLength);

    // Samples of a pixel beyond those that its kind of colour has; 0 where the kind is not known.
    private int ExtraSampleCount => Value(PhotometricTag) switch
    {
        0 or 1 or 3 => (int)Value(SamplesPerPixelTag) - 1,
        2 or 6 or 8 => (int)Value(SamplesPerPixelTag) - 3,
        5 => (int)Value(SamplesPerPixelTag) - 4,
        _ => 0,
    };

    /// <summary>The EXIF orientation, 1 to 8; 1 (upright) where there is none or a meaningless one.</summary>
    internal int Orientation => Value(OrientationTag) is >= 1 and <= 8 and var orientation ? (int)orientation : 1;

    /// <summary>Whether the pixels are luma and chroma that nobody converts; libtiff does so for JPEG, old and new.</summary>
    internal bool HasUnconvertedChroma => Value(PhotometricTag) == 6 && Value(CompressionTag) is not (6 or 7);

    /// <summary>How many of the decoded bands to keep: those of colour, and opacity if there is some. libvips takes any extra one for opacity.</summary>
    /// <param name="bandCount">All that were decoded.</param>
    internal int KeptBandCount(int bandCount)
    {
        int extraCount = ExtraSampleCount;
        if (extraCount <= 0 || extraCount >= bandCount)
            return bandCount;
        for (int i = 0; i < extraCount; i++)
        {
            // Associated or unassociated alpha; 0 is anything else, as infrared.
            if (Value(ExtraSamplesTag, i) is 1 or 2)
                return bandCount - extraCount + i + 1;
        }

        return bandCount - extraCount;
    }

    private long Value(int tag, int index = 0)
    {
        for (long entry = _start; entry < _end; entry += EntryLength)
        {
            if (Number(entry, 2) == tag)
                return ValueOf(entry, index);
        }

        return Missing;
    }

    private long ValueOf(long entry, int index)
    {
        int width = Number(entry + 2, 2) switch { 1 => 1, 3 => 2, 4 => 4, _ => 0 };
        long count = Number(entry + 4, _offsetLength);
        if (width == 0 || index >= count)
            return Missing;
        long field = entry + 4 + _offsetLength;
        long values = count <= _offsetLength / width ? field : Number(field, _offsetLength);
        return values < 0 ? Missing : Number(values + (index * width), width);
    }

    private long Number(long at, int length)
    {
        if (at < 0 || at > _content.Length - length)
            return Missing;
        ReadOnlySpan<byte> bytes = _content.Slice((int)at, length);
        long number = 0;
        for (int i = 0; i < length; i++)
            number = (number << 8) | bytes[_isLittleEndian ? length - 1 - i : i];
        return number;
    }
}
