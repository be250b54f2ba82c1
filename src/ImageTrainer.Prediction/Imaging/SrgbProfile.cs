namespace ImageTrainer.Imaging;

/// <summary>sRGB as numbers, and the recognition of ICC profiles that say what is assumed anyway: most photos that carry one carry sRGB's.</summary>
internal static class SrgbProfile
{
    private const double ColorantTolerance = 0.003;
    private const double CurveTolerance = 0.003;

    // IEC 61966-2-1's primaries, adapted to the D50 of ICC profiles by Bradford's matrix (ICC.1:2022, 8.3 and annex E): X, Y, Z of red, green, blue.
    private static readonly double[] Colorants =
        [0.4360747, 0.2225045, 0.0139322, 0.3850649, 0.7168786, 0.0971045, 0.1430804, 0.0606169, 0.7141733];

    /// <summary>X, Y or Z of a channel at its greatest.</summary>
    internal static double Colorant(IccProfile.Channel channel, int axis) => Colorants[((int)channel * 3) + axis];

    /// <summary>How much light a sample of 0 to 1 stands for.</summary>
    internal static double Curve(double sample) => sample <= 0.04045 ? sample / 12.92 : Math.Pow((sample + 0.055) / 1.055, 2.4);

    /// <summary>The inverse of <see cref="Curve"/>.</summary>
    internal static double Encode(double light) => light <= 0.0031308 ? light * 12.92 : (1.055 * Math.Pow(light, 1 / 2.4)) - 0.055;

    /// <summary>Whether a profile is made of a matrix and three curves, and both are sRGB's within tolerances no 8-bit pixel shows.</summary>
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
