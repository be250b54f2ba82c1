using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>
/// Recognises ICC profiles that say what is assumed anyway. Most photos that carry a profile carry sRGB's, and building the
/// transform of one costs as much as decoding a small photo.
/// </summary>
internal static class SrgbProfile
{
    private const int TagTableStart = 128;
    private const double ColorantTolerance = 0.003;
    private const double CurveTolerance = 0.003;

    // IEC 61966-2-1's primaries, adapted to the D50 of ICC profiles (ICC.1:2022, 8.3): X, Y, Z of red, green, blue.
    private static readonly double[] Colorants = [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141];

    /// <summary>Whether a profile is made of a matrix and three curves, and both are sRGB's within tolerances no 8-bit pixel shows.</summary>
    internal static bool Describes(ReadOnlySpan<byte> profile)
    {
        if (profile.Length < TagTableStart + 4 || !profile[16..].StartsWith("RGB "u8) || !Tag(profile, "A2B0"u8).IsEmpty)
            return false;
        return HasColorant(Tag(profile, "rXYZ"u8), 0) && HasColorant(Tag(profile, "gXYZ"u8), 3) && HasColorant(Tag(profile, "bXYZ"u8), 6)
            && HasCurve(Tag(profile, "rTRC"u8)) && HasCurve(Tag(profile, "gTRC"u8)) && HasCurve(Tag(profile, "bTRC"u8));
    }

    private static ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> profile, ReadOnlySpan<byte> signature)
    {
        uint count = BinaryPrimitives.ReadUInt32BigEndian(profile[TagTableStart..]);
        ReadOnlySpan<byte> table = profile[(TagTableStart + 4)..];
        for (uint i = 0; i < count && table.Length >= 12; i++, table = table[12..])
        {
            if (!table.StartsWith(signature))
                continue;
            uint start = BinaryPrimitives.ReadUInt32BigEndian(table[4..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(table[8..]);
            return (ulong)start + length <= (ulong)profile.Length ? profile.Slice((int)start, (int)length) : default;
        }

        return default;
    }

    private static bool HasColorant(ReadOnlySpan<byte> tag, int first)
    {
        if (tag.Length < 20 || !tag.StartsWith("XYZ "u8))
            return false;
        for (int i = 0; i < 3; i++)
        {
            if (Math.Abs(Fixed(tag, 8 + (4 * i)) - Colorants[first + i]) > ColorantTolerance)
                return false;
        }

        return true;
    }

    private static bool HasCurve(ReadOnlySpan<byte> tag)
    {
        for (double x = 0.05; x < 1; x += 0.05)
        {
            double expected = x <= 0.04045 ? x / 12.92 : Math.Pow((x + 0.055) / 1.055, 2.4);
            if (!(Math.Abs(Curve(tag, x) - expected) <= CurveTolerance))
                return false;
        }

        return true;
    }

    // ICC.1:2022, 10.6 curveType (a table) and 10.18 parametricCurveType (its function 3, sRGB's form); NaN for all others.
    private static double Curve(ReadOnlySpan<byte> tag, double x)
    {
        if (tag.Length >= 12 && tag.StartsWith("curv"u8))
        {
            uint count = BinaryPrimitives.ReadUInt32BigEndian(tag[8..]);
            return count >= 256 && 12 + (2L * count) <= tag.Length ? Interpolated(tag[12..], count, x) : double.NaN;
        }

        if (tag.Length < 32 || !tag.StartsWith("para"u8) || BinaryPrimitives.ReadUInt16BigEndian(tag[8..]) != 3)
            return double.NaN;
        return x >= Fixed(tag, 28) ? Math.Pow((Fixed(tag, 16) * x) + Fixed(tag, 20), Fixed(tag, 12)) : Fixed(tag, 24) * x;
    }

    private static double Interpolated(ReadOnlySpan<byte> table, uint count, double x)
    {
        double position = x * (count - 1);
        int below = (int)position;
        double low = BinaryPrimitives.ReadUInt16BigEndian(table[(2 * below)..]);
        double high = BinaryPrimitives.ReadUInt16BigEndian(table[(2 * (below + 1))..]);
        return (low + ((high - low) * (position - below))) / ushort.MaxValue;
    }

    private static double Fixed(ReadOnlySpan<byte> tag, int at) => BinaryPrimitives.ReadInt32BigEndian(tag[at..]) / 65536.0;
}
