using System.Buffers.Binary;
using System.Text;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Builds the smallest ICC profiles that mean something: a matrix of three colorants and one curve for all channels.</summary>
internal static class IccProfiles
{
    private static readonly double[] Red = [0.4361, 0.2225, 0.0139];
    private static readonly double[] Green = [0.3851, 0.7169, 0.0971];
    private static readonly double[] Blue = [0.1431, 0.0606, 0.7141];

    /// <summary>sRGB as most files have it: its curve as a table.</summary>
    internal static byte[] Srgb() => Build(Red, Green, Blue, SrgbCurve());

    /// <summary>sRGB with red and blue exchanged, so that its effect cannot be overlooked.</summary>
    internal static byte[] SwappedRedAndBlue() => Build(Blue, Green, Red, SrgbCurve());

    /// <summary>Looks sound, but what it calls its table of colours is none, so that it cannot be applied.</summary>
    internal static byte[] WithoutItsTable()
    {
        byte[] profile = SwappedRedAndBlue();
        "A2B0"u8.CopyTo(profile.AsSpan(profile.AsSpan().IndexOf("wtpt"u8)));
        return profile;
    }

    /// <summary>sRGB's primaries with light in proportion to the values.</summary>
    internal static byte[] Linear() => Build(Red, Green, Blue, Curve(x => x));

    /// <summary>Primaries far outside sRGB's, with a power of 2.2 in the short form: colours that have to be clipped.</summary>
    internal static byte[] WideGamut() => Build([0.7977, 0.2880, 0], [0.1352, 0.7119, 0], [0.0313, 0.0001, 0.8249], Power(0x0233));

    // 8.8 bits.
    private static byte[] Power(int exponent) => [.. "curv"u8, 0, 0, 0, 0, 0, 0, 0, 1, (byte)(exponent >> 8), (byte)exponent, 0, 0];

    private static byte[] SrgbCurve() => Curve(x => x <= 0.04045 ? x / 12.92 : Math.Pow((x + 0.055) / 1.055, 2.4));

    private static byte[] Curve(Func<double, double> light)
    {
        byte[] tag = new byte[12 + (2 * 1024)];
        "curv"u8.CopyTo(tag);
        BinaryPrimitives.WriteInt32BigEndian(tag.AsSpan(8), 1024);
        for (int i = 0; i < 1024; i++)
            BinaryPrimitives.WriteUInt16BigEndian(tag.AsSpan(12 + (2 * i)), (ushort)Math.Round(65535 * light(i / 1023.0)));
        return tag;
    }

    private static byte[] Xyz(double[] values)
    {
        byte[] tag = new byte[20];
        "XYZ "u8.CopyTo(tag);
        for (int i = 0; i < 3; i++)
            BinaryPrimitives.WriteInt32BigEndian(tag.AsSpan(8 + (4 * i)), (int)Math.Round(values[i] * 65536));
        return tag;
    }

    private static byte[] Build(double[] red, double[] green, double[] blue, byte[] curve)
    {
        (string Name, byte[] Data)[] tags =
        [
            ("wtpt", Xyz([0.9642, 1, 0.8249])), ("rXYZ", Xyz(red)), ("gXYZ", Xyz(green)), ("bXYZ", Xyz(blue)),
            ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
        ];
        int start = 128 + 4 + (12 * tags.Length);
        byte[] profile = new byte[start + tags.Sum(tag => tag.Data.Length)];
        BinaryPrimitives.WriteInt32BigEndian(profile, profile.Length);
        BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(8), 0x02100000);
        Encoding.ASCII.GetBytes("mntrRGB XYZ ", profile.AsSpan(12));
        Encoding.ASCII.GetBytes("acsp", profile.AsSpan(36));
        Xyz([0.9642, 1, 0.8249]).AsSpan(8).CopyTo(profile.AsSpan(68));
        BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(128), tags.Length);
        for (int i = 0, entry = 132; i < tags.Length; i++, entry += 12)
        {
            Encoding.ASCII.GetBytes(tags[i].Name, profile.AsSpan(entry));
            BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(entry + 4), start);
            BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(entry + 8), tags[i].Data.Length);
            tags[i].Data.CopyTo(profile.AsSpan(start));
            start += tags[i].Data.Length;
        }

        return profile;
    }
}
