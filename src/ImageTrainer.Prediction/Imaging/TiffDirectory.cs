namespace ImageTrainer.Imaging;

/// <summary>
/// What the first directory of a TIFF file, or of EXIF, says and libvips does not pass on (TIFF 6.0, sections 2 and 8; BigTIFF, whose
/// counts and offsets have 8 bytes). Damaged ones have missing values.
/// </summary>
internal readonly ref struct TiffDirectory
{
    private const long Missing = -1;
    private const int SubfileTypeTag = 254;
    private const int WidthTag = 256;
    private const int HeightTag = 257;
    private const int BitsPerSampleTag = 258;
    private const int CompressionTag = 259;
    private const int PhotometricTag = 262;
    private const int FillOrderTag = 266;
    private const int StripOffsetsTag = 273;
    private const int OrientationTag = 274;
    private const int SamplesPerPixelTag = 277;
    private const int RowsPerStripTag = 278;
    private const int StripByteCountsTag = 279;
    private const int PlanarConfigurationTag = 284;
    private const int TileWidthTag = 322;
    private const int TileHeightTag = 323;
    private const int TileOffsetsTag = 324;
    private const int TileByteCountsTag = 325;
    private const int SubdirectoriesTag = 330;
    private const int ExtraSamplesTag = 338;
    private const int JpegTablesTag = 347;
    private const int DngVersionTag = 50706;

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

    /// <summary>Whether an orientation is given.</summary>
    internal bool HasOrientation => Value(OrientationTag) is >= 1 and <= 8;

    /// <summary>The compression's number; 1, none, where it is not given.</summary>
    internal int Compression => (int)ValueOr(CompressionTag, 1);

    /// <summary>Whether pixels are stored in tiles, not in strips of whole rows.</summary>
    internal bool IsTiled => Has(TileWidthTag);

    /// <summary>Whether each sample of a pixel is in a strip or tile of its own.</summary>
    internal bool HasSeparatePlanes => Value(PlanarConfigurationTag) == 2 && ValueOr(SamplesPerPixelTag, 1) > 1;

    /// <summary>Whether the first bit of a byte is its lowest.</summary>
    internal bool HasReversedBits => Value(FillOrderTag) == 2;

    /// <summary>What the JPEGs of strips and tiles have in common, itself a JPEG without pixels; empty where there is nothing.</summary>
    internal ReadOnlySpan<byte> JpegTables => Bytes(JpegTablesTag);

    /// <summary>
    /// Whether this is a camera's raw file: by its maker's marks (DNG, CR2), by colours behind a filter, or by a first image that says
    /// it is a
    /// reduced one of another in a subdirectory (NEF, ARW and kin). All of that is found in the first 512 bytes of most.
    /// </summary>
    internal bool IsRawPhoto => Has(DngVersionTag) || (_content.Length > 10 && _content[8..].StartsWith("CR"u8) && Number(4, 4) == 16)
        || (IsReduced && Has(SubdirectoriesTag)) || Value(PhotometricTag) is 32803 or 34892;

    /// <summary>Whether the first image says it is a reduced one, and there is another behind it.</summary>
    internal bool IsPreview => IsReduced && Number(_end, _offsetLength) > 0;

    private bool IsReduced => Value(SubfileTypeTag) is > 0 and var kind && (kind & 1) != 0;

    /// <summary>How the pixels are divided into strips or tiles.</summary>
    internal TiffLayout Layout
    {
        get
        {
            (long width, long height) = (ValueOr(WidthTag, 1), ValueOr(HeightTag, 1));
            long samples = ValueOr(SamplesPerPixelTag, 1);
            return new TiffLayout(
                width, height, IsTiled ? ValueOr(TileWidthTag, 1) : width,
                IsTiled ? ValueOr(TileHeightTag, 1) : Math.Min(height, ValueOr(RowsPerStripTag, height)))
            {
                BitsPerPixel = ValueOr(BitsPerSampleTag, 1) * (HasSeparatePlanes ? 1 : samples),
                PlaneCount = HasSeparatePlanes ? samples : 1,
                IsTiled = IsTiled,
            };
        }
    }

    /// <summary>
    /// The stored bytes of a strip or tile, as far as the file has them; empty where it has none. A count of 0 is no count.
    /// </summary>
    /// <param name="index">Its number, by planes, then rows, then columns.</param>
    internal ReadOnlySpan<byte> Block(long index)
    {
        bool isTiled = IsTiled && Has(TileOffsetsTag);
        long start = Value(isTiled ? TileOffsetsTag : StripOffsetsTag, index);
        long length = Value(isTiled ? TileByteCountsTag : StripByteCountsTag, index);
        if (start <= 0 || start >= _content.Length)
            return default;
        long available = _content.Length - start;
        return _content.Slice((int)start, (int)(length > 0 ? Math.Min(length, available) : available));
    }

    /// <summary>Whether the pixels are luma and chroma that nobody converts; libtiff does so for JPEG, old and new.</summary>
    internal bool HasUnconvertedChroma => Value(PhotometricTag) == 6 && Value(CompressionTag) is not (6 or 7);

    /// <summary>
    /// How many of the decoded bands to keep: those of colour, and opacity if there is some. libvips takes any extra one for
    /// opacity.
    /// </summary>
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

    private bool Has(int tag) => Find(tag) != Missing;

    private long Value(int tag, long index = 0) => Find(tag) is >= 0 and var entry ? ValueOf(entry, index) : Missing;

    private long ValueOr(int tag, long other) => Value(tag) is > 0 and var value ? value : other;

    private ReadOnlySpan<byte> Bytes(int tag)
    {
        long entry = Find(tag);
        long count = entry < 0 ? 0 : Number(entry + 4, _offsetLength);
        long start = count <= _offsetLength ? entry + 4 + _offsetLength : Number(entry + 4 + _offsetLength, _offsetLength);
        return count > 0 && start >= 0 && start <= _content.Length - count ? _content.Slice((int)start, (int)count) : default;
    }

    private long Find(int tag)
    {
        for (long entry = _start; entry < _end; entry += EntryLength)
        {
            if (Number(entry, 2) == tag)
                return entry;
        }

        return Missing;
    }

    private long ValueOf(long entry, long index)
    {
        int width = Number(entry + 2, 2) switch { 1 => 1, 3 => 2, 4 => 4, 16 => 8, _ => 0 };
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

/// <summary>How a TIFF's pixels are divided into strips or tiles, its blocks (TIFF 6.0, sections 3 and 15).</summary>
/// <param name="Width">Width of the image in pixels.</param>
/// <param name="Height">Height of the image in pixels.</param>
/// <param name="BlockWidth">Width of a block; tiles at the right edge are filled up.</param>
/// <param name="BlockHeight">Height of a block; tiles at the lower edge are filled up, and the last strip is lower.</param>
internal readonly record struct TiffLayout(long Width, long Height, long BlockWidth, long BlockHeight)
{
    /// <summary>Bits of a pixel in a block.</summary>
    internal long BitsPerPixel { get; init; }

    /// <summary>How often the image is stored, each time one sample of every pixel.</summary>
    internal long PlaneCount { get; init; }

    /// <summary>Whether the blocks are tiles.</summary>
    internal bool IsTiled { get; init; }

    /// <summary>Number of blocks, of all planes.</summary>
    internal long BlockCount => PlaneCount * Down * (((Width - 1) / BlockWidth) + 1);

    /// <summary>Bytes of a whole block, decoded.</summary>
    internal long BlockLength => RowLength * BlockHeight;

    private long Down => ((Height - 1) / BlockHeight) + 1;

    // Rows begin at bytes.
    private long RowLength => ((BlockWidth * BitsPerPixel) + 7) / 8;

    /// <summary>Bytes that a block must have, decoded: the last strip has only the rows that are left.</summary>
    internal long LengthOf(long index) =>
        IsTiled || (index + 1) % Down != 0 ? BlockLength : RowLength * (Height - ((Down - 1) * BlockHeight));
}

/// <summary>The numbers by which TIFF files say how they are compressed (TIFF 6.0 and its supplements, libtiff's tiff.h).</summary>
internal static class TiffCompression
{
    internal const int None = 1;
    internal const int Lzw = 5;
    internal const int Jpeg = 7;
    internal const int AdobeDeflate = 8;
    internal const int PackBits = 32773;
    internal const int Deflate = 32946;

    private const string JpegXl = "JPEG XL";
    private const string Jpeg2000 = "JPEG 2000";

    // What libtiff decodes however it was built: fax, the above, and some that few have seen.
    private static readonly HashSet<int> Readable =
        [None, 2, 3, 4, Lzw, Jpeg, AdobeDeflate, 32766, 32771, PackBits, 32809, 32908, 32909, Deflate, 34676, 34677];

    private static readonly Dictionary<int, string> Names = new()
    {
        [6] = "old-style JPEG",
        [9] = "JBIG",
        [10] = "JBIG",
        [22610] = "JPEG XR",
        [33003] = Jpeg2000,
        [33005] = Jpeg2000,
        [34661] = "JBIG",
        [34712] = Jpeg2000,
        [34887] = "LERC",
        [34892] = "lossy JPEG",
        [34925] = "LZMA",
        [34934] = "JPEG XR",
        [50000] = "ZSTD",
        [50001] = "WebP",
        [50002] = JpegXl,
        [52546] = JpegXl,
    };

    /// <summary>Says that the packaged libvips lacks a compression, or gives null where it does not.</summary>
    internal static string? Refusal(int compression) => Readable.Contains(compression)
        ? null
        : $"this TIFF's compression ({(Names.TryGetValue(compression, out string? name) ? name : compression)}) is not supported";

    /// <summary>Whether <see cref="TiffSoundness"/> can tell sound data from damaged.</summary>
    internal static bool IsChecked(int compression) => compression is None or Lzw or Jpeg or AdobeDeflate or PackBits or Deflate;
}
