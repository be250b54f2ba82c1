namespace ImageTrainer.Imaging;

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
