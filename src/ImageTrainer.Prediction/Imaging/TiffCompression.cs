namespace ImageTrainer.Imaging;

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
