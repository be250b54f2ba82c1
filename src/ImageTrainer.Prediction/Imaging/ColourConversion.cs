using NetVips;
using static NetVips.Enums;

namespace ImageTrainer.Imaging;

/// <summary>Brings the many kinds of pixels that files hold to opaque 8-bit sRGB.</summary>
internal static class ColourConversion
{
    /// <summary>Lays transparent pixels over white. To be called before scaling, which would mix in colours that cannot be seen.</summary>
    /// <exception cref="ImageDefectException">The samples are of a type whose range is unknown.</exception>
    /// <exception cref="VipsException">libvips cannot convert them.</exception>
    internal static void Flatten(VipsChain chain)
    {
        if (!IsDeviceColour(chain.Image.Interpretation))
            chain.Then(image => image.Colourspace(Interpretation.Srgb));
        else if (chain.Image.Format is not (BandFormat.Uchar or BandFormat.Ushort))
            throw new ImageDefectException("its samples are neither 8 nor 16 bits wide");
        if (chain.Image.HasAlpha())
            chain.Then(FlattenOverWhite);
    }

    /// <summary>Converts to three bands of 8-bit sRGB, by the image's ICC profile where it has a sound one that fits its pixels.</summary>
    /// <returns>What is left to be done to the pixels, or null.</returns>
    /// <exception cref="ImageDefectException">The pixels are of a kind that has no conversion.</exception>
    /// <exception cref="VipsException">libvips cannot convert them.</exception>
    internal static MatrixConversion? ToSrgb(VipsChain chain)
    {
        MatrixConversion? conversion = null;
        if (chain.Image.Interpretation == Interpretation.Cmyk) ApplyProfile(chain);
        else conversion = ApplyProfileLater(chain);
        if (IsPlain(chain.Image))
            return conversion;
        if (chain.Image.Format == BandFormat.Ushort)
            ReduceToBytes(chain);
        if (chain.Image.Bands < 3)
            chain.Then(image => image.Colourspace(Interpretation.Srgb));
        if (chain.Image.Bands > 3)
            chain.Then(image => image.ExtractBand(0, n: 3));
        if (!IsPlain(chain.Image))
            throw new ImageDefectException("its kind of colour is not supported");
        return conversion;
    }

    // CMYK without a profile of its own, or with a damaged one, gets libvips' built-in one.
    internal static void ApplyProfile(VipsChain chain)
    {
        if (!TryApplyEmbedded(chain) && chain.Image.Interpretation == Interpretation.Cmyk)
            chain.Then(image => Transform(image, isEmbedded: false));
    }

    // A profile may look sound and fail only here, as with a table of colours that is damaged. The pixels are sound all the same: they count as sRGB.
    private static bool TryApplyEmbedded(VipsChain chain)
    {
        try
        {
            chain.Then(image => Transform(image, isEmbedded: true));
            return true;
        }
        catch (VipsException)
        {
            return false;
        }
    }

    private static Image Transform(Image image, bool isEmbedded) => image.IccTransform(
        "srgb", embedded: isEmbedded, inputProfile: isEmbedded ? null : "cmyk", intent: Intent.Relative, blackPointCompensation: true, depth: 8);

    private static MatrixConversion? ApplyProfileLater(VipsChain chain)
    {
        byte[] profile = chain.Image.EmbeddedProfile();
        if (profile.Length == 0 || SrgbProfile.Describes(new IccProfile(profile)) || !chain.Image.Fits(profile)) return null;
        MatrixConversion? conversion = IsPlain(chain.Image) ? MatrixConversion.From(new IccProfile(profile)) : null;
        if (conversion is null) ApplyProfile(chain);
        return conversion;
    }

    private static bool IsPlain(Image image) => image is { Bands: 3, Format: BandFormat.Uchar };

    private static Image FlattenOverWhite(Image image)
    {
        double maximum = image.Format == BandFormat.Uchar ? byte.MaxValue : ushort.MaxValue;
        return image.Flatten(background: [image.Interpretation == Interpretation.Cmyk ? 0 : maximum], maxAlpha: maximum);
    }

    // 65535 is 255, so a step of 8 bits is 257 of 16; a shift by 8 bits would darken.
    private static void ReduceToBytes(VipsChain chain)
    {
        Interpretation interpretation = chain.Image.Bands < 3 ? Interpretation.Bw : Interpretation.Srgb;
        chain.Then(image => image.Linear([1.0 / 257], [0.5], uchar: true));
        chain.Then(image => image.Copy(interpretation: interpretation));
    }

    private static bool IsDeviceColour(Interpretation interpretation) => interpretation
        is Interpretation.Bw or Interpretation.Grey16 or Interpretation.Rgb or Interpretation.Srgb or Interpretation.Rgb16
        or Interpretation.Cmyk or Interpretation.Scrgb or Interpretation.Multiband;
}
