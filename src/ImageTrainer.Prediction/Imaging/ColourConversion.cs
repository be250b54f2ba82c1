using ImageTrainer.Imaging.Vips;

namespace ImageTrainer.Imaging;

/// <summary>Brings the many kinds of pixels that files hold to opaque 8-bit sRGB.</summary>
internal static class ColourConversion
{
    private const int RelativeIntent = 1;

    /// <summary>Lays transparent pixels over white. To be called before scaling, which would mix in colours that cannot be seen.</summary>
    /// <exception cref="VipsException">The samples are of a type whose range is unknown.</exception>
    internal static void Flatten(VipsChain chain)
    {
        if (!IsDeviceColour(chain.Image.Interpretation))
            chain.Then(new VipsOperation("colourspace").Set("space", (int)Interpretation.Srgb));
        else if (chain.Image.Format is not (BandFormat.Byte or BandFormat.UInt16))
            throw new VipsException("decode", "its samples are neither 8 nor 16 bits wide");
        if (!chain.Image.HasAlpha)
            return;
        double white = chain.Image.Interpretation == Interpretation.Cmyk ? 0 : Maximum(chain.Image.Format);
        chain.Then(new VipsOperation("flatten").Set("background", [white]).Set("max_alpha", Maximum(chain.Image.Format)));
    }

    /// <summary>Converts to three bands of 8-bit sRGB, by the image's ICC profile where it has a sound one that fits its pixels.</summary>
    /// <returns>What is left to be done to the pixels, or null.</returns>
    /// <exception cref="VipsException">The pixels are of a kind that has no conversion.</exception>
    internal static MatrixConversion? ToSrgb(VipsChain chain)
    {
        MatrixConversion? conversion = null;
        if (chain.Image.Interpretation == Interpretation.Cmyk) ApplyProfile(chain);
        else if (HasProfileToApply(chain.Image)) conversion = ApplyProfileLater(chain);
        if (chain.Image.Format == BandFormat.UInt16)
            ReduceToBytes(chain);
        if (chain.Image.Bands < 3)
            chain.Then(new VipsOperation("colourspace").Set("space", (int)Interpretation.Srgb));
        if (chain.Image.Bands > 3)
            chain.Then(new VipsOperation("extract_band").Set("band", 0).Set("n", 3));
        if (chain.Image.Bands != 3 || chain.Image.Format != BandFormat.Byte)
            throw new VipsException("colourspace", "its kind of colour is not supported");
        return conversion;
    }

    private static bool HasProfileToApply(VipsImage image) =>
        !image.Profile.IsEmpty && !SrgbProfile.Describes(new IccProfile(image.Profile)) && image.Fits(image.Profile);

    private static MatrixConversion? ApplyProfileLater(VipsChain chain)
    {
        bool isPlain = chain.Image is { Bands: 3, Format: BandFormat.Byte };
        MatrixConversion? conversion = isPlain ? MatrixConversion.From(new IccProfile(chain.Image.Profile)) : null;
        if (conversion is null) ApplyProfile(chain);
        return conversion;
    }

    // CMYK without a profile of its own gets libvips' built-in one.
    internal static void ApplyProfile(VipsChain chain) => chain.Then(new VipsOperation("icc_transform")
        .Set("output_profile", "srgb")
        .Set("embedded", true)
        .Set("intent", RelativeIntent)
        .Set("black_point_compensation", true)
        .Set("depth", 8));

    // 65535 is 255, so a step of 8 bits is 257 of 16; a shift by 8 bits would darken.
    private static void ReduceToBytes(VipsChain chain)
    {
        Interpretation interpretation = chain.Image.Bands < 3 ? Interpretation.Grey : Interpretation.Srgb;
        chain.Then(new VipsOperation("linear").Set("a", [1.0 / 257]).Set("b", [0.5]).Set("uchar", true));
        chain.Then(new VipsOperation("copy").Set("interpretation", (int)interpretation));
    }

    private static double Maximum(BandFormat format) => format == BandFormat.Byte ? byte.MaxValue : ushort.MaxValue;

    private static bool IsDeviceColour(Interpretation interpretation) => interpretation
        is Interpretation.Grey or Interpretation.Grey16 or Interpretation.Rgb or Interpretation.Srgb or Interpretation.Rgb16
        or Interpretation.Cmyk or Interpretation.LinearRgb or Interpretation.Multiband;
}
