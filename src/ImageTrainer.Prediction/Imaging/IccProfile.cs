using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>An ICC profile made of a matrix and three curves, read in place (ICC.1:2022). Whatever cannot be understood is NaN.</summary>
/// <param name="bytes">The profile, whole or damaged.</param>
internal readonly ref struct IccProfile(ReadOnlySpan<byte> bytes)
{
    private const int TagTableStart = 128;
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The three channels of a matrix profile.</summary>
    public enum Channel
    {
        Red,
        Green,
        Blue,
    }

    /// <summary>Whether it maps RGB to XYZ, and by no table of colours that would come before matrix and curves.</summary>
    public bool IsMatrix => _bytes.Length >= TagTableStart + 4 && _bytes[16..].StartsWith("RGB "u8) && _bytes[20..].StartsWith("XYZ "u8)
        && Tag("A2B0"u8).IsEmpty && Tag("A2B1"u8).IsEmpty && Tag("D2B0"u8).IsEmpty && Tag("D2B1"u8).IsEmpty;

    /// <summary>X, Y or Z of a channel at its greatest, relative to the D50 white of profiles.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="axis">0 to 2.</param>
    public double Colorant(Channel channel, int axis)
    {
        ReadOnlySpan<byte> tag = channel switch
        {
            Channel.Red => Tag("rXYZ"u8),
            Channel.Green => Tag("gXYZ"u8),
            _ => Tag("bXYZ"u8),
        };
        return tag.Length >= 20 && tag.StartsWith("XYZ "u8) ? Fixed(tag, 8 + (4 * axis)) : double.NaN;
    }

    /// <summary>How much light a sample stands for.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="sample">0 to 1.</param>
    public double Curve(Channel channel, double sample)
    {
        ReadOnlySpan<byte> tag = channel switch
        {
            Channel.Red => Tag("rTRC"u8),
            Channel.Green => Tag("gTRC"u8),
            _ => Tag("bTRC"u8),
        };
        if (tag.Length >= 12 && tag.StartsWith("curv"u8)) return SampledCurve(tag, sample);
        return tag.Length >= 12 && tag.StartsWith("para"u8) ? ParametricCurve(tag, sample) : double.NaN;
    }

    // 10.6 curveType: nothing is the identity, one number a power in 8.8 bits, more are a table.
    private static double SampledCurve(ReadOnlySpan<byte> tag, double sample)
    {
        uint count = BinaryPrimitives.ReadUInt32BigEndian(tag[8..]);
        if (count == 0) return sample;
        if (12 + (2L * count) > tag.Length) return double.NaN;
        return count == 1 ? Math.Pow(sample, BinaryPrimitives.ReadUInt16BigEndian(tag[12..]) / 256.0) : Interpolated(tag[12..], count, sample);
    }

    // 10.18 parametricCurveType: its function 0, a power, and 3, sRGB's form.
    private static double ParametricCurve(ReadOnlySpan<byte> tag, double x) => BinaryPrimitives.ReadUInt16BigEndian(tag[8..]) switch
    {
        0 when tag.Length >= 16 => Math.Pow(x, Fixed(tag, 12)),
        3 when tag.Length >= 32 => x >= Fixed(tag, 28) ? Math.Pow((Fixed(tag, 16) * x) + Fixed(tag, 20), Fixed(tag, 12)) : Fixed(tag, 24) * x,
        _ => double.NaN,
    };

    private static double Interpolated(ReadOnlySpan<byte> table, uint count, double x)
    {
        double position = x * (count - 1);
        int below = Math.Min((int)position, (int)count - 2);
        double low = BinaryPrimitives.ReadUInt16BigEndian(table[(2 * below)..]);
        double high = BinaryPrimitives.ReadUInt16BigEndian(table[(2 * (below + 1))..]);
        return (low + ((high - low) * (position - below))) / ushort.MaxValue;
    }

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> signature)
    {
        uint count = BinaryPrimitives.ReadUInt32BigEndian(_bytes[TagTableStart..]);
        ReadOnlySpan<byte> table = _bytes[(TagTableStart + 4)..];
        for (uint i = 0; i < count && table.Length >= 12; i++, table = table[12..])
        {
            if (!table.StartsWith(signature))
                continue;
            uint start = BinaryPrimitives.ReadUInt32BigEndian(table[4..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(table[8..]);
            return (ulong)start + length <= (ulong)_bytes.Length ? _bytes.Slice((int)start, (int)length) : default;
        }

        return default;
    }

    private static double Fixed(ReadOnlySpan<byte> tag, int at) => BinaryPrimitives.ReadInt32BigEndian(tag[at..]) / 65536.0;
}

/// <summary>
/// sRGB as numbers, and the recognition of ICC profiles that say what is assumed anyway: most photos that carry one carry sRGB's.
/// </summary>
internal static class SrgbProfile
{
    private const double ColorantTolerance = 0.003;
    private const double CurveTolerance = 0.003;

    // IEC 61966-2-1's primaries, adapted to the D50 of ICC profiles by Bradford's matrix (ICC.1:2022, 8.3 and annex E): X, Y, Z of
    // red, green, blue.
    private static readonly double[] Colorants =
        [0.4360747, 0.2225045, 0.0139322, 0.3850649, 0.7168786, 0.0971045, 0.1430804, 0.0606169, 0.7141733];

    /// <summary>X, Y or Z of a channel at its greatest.</summary>
    internal static double Colorant(IccProfile.Channel channel, int axis) => Colorants[((int)channel * 3) + axis];

    /// <summary>How much light a sample of 0 to 1 stands for.</summary>
    internal static double Curve(double sample) => sample <= 0.04045 ? sample / 12.92 : Math.Pow((sample + 0.055) / 1.055, 2.4);

    /// <summary>The inverse of <see cref="Curve"/>.</summary>
    internal static double Encode(double light) => light <= 0.0031308 ? light * 12.92 : (1.055 * Math.Pow(light, 1 / 2.4)) - 0.055;

    /// <summary>
    /// Whether a profile is made of a matrix and three curves, and both are sRGB's within tolerances no 8-bit pixel shows.
    /// </summary>
    internal static bool Describes(IccProfile profile) => profile.IsMatrix
        && Describes(profile, IccProfile.Channel.Red) && Describes(profile, IccProfile.Channel.Green) && Describes(profile, IccProfile.Channel.Blue);

    private static bool Describes(IccProfile profile, IccProfile.Channel channel)
    {
        for (int axis = 0; axis < 3; axis++)
        {
            if (!(Math.Abs(profile.Colorant(channel, axis) - Colorant(channel, axis)) <= ColorantTolerance)) return false;
        }

        for (double x = 0.05; x < 1; x += 0.05)
        {
            if (!(Math.Abs(profile.Curve(channel, x) - Curve(x)) <= CurveTolerance)) return false;
        }

        return true;
    }
}
