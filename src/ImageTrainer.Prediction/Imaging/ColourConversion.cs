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
    /// <returns>What has become of the profile.</returns>
    /// <exception cref="ImageDefectException">The pixels are of a kind that has no conversion.</exception>
    /// <exception cref="VipsException">libvips cannot convert them.</exception>
    internal static AppliedProfile ToSrgb(VipsChain chain)
    {
        AppliedProfile profile = chain.Image.Interpretation == Interpretation.Cmyk ? ApplyInks(chain) : ApplyProfileLater(chain);
        if (IsPlain(chain.Image))
            return profile;
        if (chain.Image.Format == BandFormat.Ushort)
            ReduceToBytes(chain);
        if (chain.Image.Bands < 3)
            chain.Then(image => image.Colourspace(Interpretation.Srgb));
        if (chain.Image.Bands > 3)
            chain.Then(image => image.ExtractBand(0, n: 3));
        if (!IsPlain(chain.Image))
            throw new ImageDefectException("its kind of colour is not supported");
        return profile;
    }

    // CMYK without a profile of its own, or with one that cannot be applied, gets libvips' built-in one.
    private static AppliedProfile ApplyInks(VipsChain chain)
    {
        byte[] profile = chain.Image.EmbeddedProfile();
        if (profile.Length > 0 && chain.Image.Fits(profile) && TryApplyEmbedded(chain)) return new AppliedProfile(ProfileOutcome.Applied);
        chain.Then(image => Transform(image, isEmbedded: false));
        return new AppliedProfile(profile.Length == 0 ? ProfileOutcome.None : ProfileOutcome.Unapplied);
    }

    // A profile may look sound and fail only here, as with a table of colours that is damaged. The pixels are sound all the same: they count as sRGB.
    internal static bool TryApplyEmbedded(VipsChain chain)
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

    private static AppliedProfile ApplyProfileLater(VipsChain chain)
    {
        byte[] profile = chain.Image.EmbeddedProfile();
        if (profile.Length == 0) return new AppliedProfile(ProfileOutcome.None);
        if (SrgbProfile.Describes(new IccProfile(profile))) return new AppliedProfile(ProfileOutcome.Applied);
        if (!chain.Image.Fits(profile)) return new AppliedProfile(ProfileOutcome.Unapplied);
        MatrixConversion? conversion = IsPlain(chain.Image) ? MatrixConversion.From(new IccProfile(profile)) : null;
        bool isApplied = conversion is not null || TryApplyEmbedded(chain);
        return new AppliedProfile(isApplied ? ProfileOutcome.Applied : ProfileOutcome.Unapplied, conversion);
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

/// <summary>What can become of an image's colour profile.</summary>
internal enum ProfileOutcome
{
    /// <summary>libvips gives none; the file may have one all the same that it passed over.</summary>
    None,

    /// <summary>The pixels are sRGB by it.</summary>
    Applied,

    /// <summary>It is damaged or of another kind of colour: the pixels count as sRGB.</summary>
    Unapplied,
}

/// <summary>What has become of an image's colour profile.</summary>
/// <param name="Outcome">Whether there is one and it can be applied.</param>
/// <param name="Conversion">What is left to be done to the pixels, or null.</param>
internal readonly record struct AppliedProfile(ProfileOutcome Outcome, MatrixConversion? Conversion = null);

/// <summary>
/// Brings 8-bit RGB of a profile made of a matrix and curves to sRGB: by the curves to light, by both matrices from one set of primaries to the
/// other, by sRGB's curve back (ICC.1:2022, annex F.3). What sRGB cannot show is clipped. lcms does the same in libvips and takes longer to
/// prepare it than a small photo takes to decode. Immutable and thread safe.
/// </summary>
internal sealed class MatrixConversion
{
    // Light and matrix in fixed point: a sum of three products stays below 2^31 where entries are below 2.5. The widest primaries in use have 2.1.
    private const int Bits = 14;
    private const int One = 1 << Bits;
    private const int Half = One / 2;
    private const double GreatestEntry = 2.5;
    private const int ByteCount = 256;

    private static readonly byte[] Encoded = [.. Enumerable.Range(0, One + 1).Select(light => (byte)Math.Round(byte.MaxValue * SrgbProfile.Encode((double)light / One)))];
    private static readonly double[] FromXyz = Invert(
        [.. Enumerable.Range(0, 9).Select(i => SrgbProfile.Colorant((IccProfile.Channel)(i % 3), i / 3))]);

    private readonly short[] _light;
    private readonly int[] _matrix;

    private MatrixConversion(short[] light, int[] matrix) => (_light, _matrix) = (light, matrix);

    /// <summary>Prepares the conversion from a profile; null for profiles of other kinds, and for damaged ones.</summary>
    public static MatrixConversion? From(IccProfile profile)
    {
        if (!profile.IsMatrix) return null;
        short[] light = new short[3 * ByteCount];
        int[] matrix = new int[9];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int sample = 0; sample < ByteCount; sample++)
            {
                double value = profile.Curve((IccProfile.Channel)channel, (double)sample / byte.MaxValue);
                if (!(value is >= 0 and <= 1.001)) return null;
                light[(channel * ByteCount) + sample] = (short)Math.Round(Math.Min(value, 1) * One);
            }

            for (int row = 0; row < 3; row++)
            {
                double entry = 0;
                for (int axis = 0; axis < 3; axis++) entry += FromXyz[(row * 3) + axis] * profile.Colorant((IccProfile.Channel)channel, axis);
                if (!(Math.Abs(entry) < GreatestEntry)) return null;
                matrix[(row * 3) + channel] = (int)Math.Round(entry * One);
            }
        }

        return new MatrixConversion(light, matrix);
    }

    /// <summary>Converts pixels in place.</summary>
    /// <param name="pixels">[N, 3], RGB.</param>
    public void Apply(Span<byte> pixels)
    {
        ReadOnlySpan<int> m = _matrix;
        ReadOnlySpan<short> light = _light;
        for (int i = 0; i + 2 < pixels.Length; i += 3)
        {
            int red = light[pixels[i]], green = light[ByteCount + pixels[i + 1]], blue = light[(2 * ByteCount) + pixels[i + 2]];
            pixels[i] = Encode((m[0] * red) + (m[1] * green) + (m[2] * blue));
            pixels[i + 1] = Encode((m[3] * red) + (m[4] * green) + (m[5] * blue));
            pixels[i + 2] = Encode((m[6] * red) + (m[7] * green) + (m[8] * blue));
        }
    }

    private static byte Encode(int light) => Encoded[Math.Clamp((light + Half) >> Bits, 0, One)];

    // By cofactors.
    private static double[] Invert(double[] m)
    {
        double[] cofactors =
        [
            (m[4] * m[8]) - (m[5] * m[7]), (m[2] * m[7]) - (m[1] * m[8]), (m[1] * m[5]) - (m[2] * m[4]),
            (m[5] * m[6]) - (m[3] * m[8]), (m[0] * m[8]) - (m[2] * m[6]), (m[2] * m[3]) - (m[0] * m[5]),
            (m[3] * m[7]) - (m[4] * m[6]), (m[1] * m[6]) - (m[0] * m[7]), (m[0] * m[4]) - (m[1] * m[3]),
        ];
        double determinant = (m[0] * cofactors[0]) + (m[1] * cofactors[3]) + (m[2] * cofactors[6]);
        return [.. cofactors.Select(cofactor => cofactor / determinant)];
    }
}
