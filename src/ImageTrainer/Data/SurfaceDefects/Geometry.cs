using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>The little geometry that drawing needs. Y grows downwards, as in pictures.</summary>
internal static class Geometry
{
    /// <summary>The vector of length 1 at an angle in radians.</summary>
    public static Vector2 Direction(float angle) => new(MathF.Cos(angle), MathF.Sin(angle));

    /// <summary>A place in coordinates whose X runs along an axis of length 1, and whose Y runs across it.</summary>
    public static Vector2 Turn(Vector2 place, Vector2 axis) =>
        new(Vector2.Dot(place, axis), (place.Y * axis.X) - (place.X * axis.Y));

    /// <summary>0 below <paramref name="low"/>, 1 above <paramref name="high"/>, a smooth cubic step between.</summary>
    public static float Step(float low, float high, float value)
    {
        float t = Math.Clamp((value - low) / (high - low), 0, 1);
        return t * t * (3 - (2 * t));
    }
}
