using System.Numerics;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>
/// The piece of metal before any light falls on it: one value a pixel for its relief, colour, gloss and direction of brushing.
/// Lengths are in pixels; the drawing code multiplies its measures, which are meant for 224 pixels, by <see cref="Unit"/>.
/// </summary>
internal sealed class Surface
{
    /// <summary>A flat, black, matt square.</summary>
    /// <param name="size">Width and height in pixels.</param>
    /// <param name="zoom">How near the camera is: 1 shows every detail in its usual size, 2 twice as large.</param>
    public Surface(int size, float zoom)
    {
        Size = size;
        Unit = size / 224f * zoom;
        Height = new float[size * size];
        Gloss = new float[size * size];
        Color = new Vector3[size * size];
        Brushing = new Vector2[size * size];
    }

    /// <summary>Width and height in pixels.</summary>
    public int Size { get; }

    /// <summary>Pixels per unit of length; 1 for a picture of 224 pixels at zoom 1.</summary>
    public float Unit { get; }

    /// <summary>[H, W]: how far the metal stands out towards the camera, in pixels.</summary>
    public float[] Height { get; }

    /// <summary>[H, W]: strength of the mirror reflection, about 1 for clean metal.</summary>
    public float[] Gloss { get; }

    /// <summary>[H, W]: how much red, green and blue the metal scatters, linear; 0.2 to 0.8 for plain metal, more where it is freshly bared.</summary>
    public Vector3[] Color { get; }

    /// <summary>[H, W]: direction of the brush marks, of length 1.</summary>
    public Vector2[] Brushing { get; }

    /// <summary>The place of the pixel with a number, counted row by row.</summary>
    public Vector2 PlaceOf(int pixel)
    {
        (int y, int x) = Math.DivRem(pixel, Size);
        return new Vector2(x, y);
    }

    /// <summary>A place at least <paramref name="margin"/> (0 to 0.5, in sides) away from the edge of the picture, in pixels.</summary>
    public Vector2 PlaceInside(SplittableRandom random, float margin) =>
        new(random.Between(margin, 1 - margin) * Size, random.Between(margin, 1 - margin) * Size);

    /// <summary>Direction of the brush marks nearest to a place, in radians.</summary>
    public float BrushAngleAt(Vector2 place)
    {
        int x = Math.Clamp((int)place.X, 0, Size - 1);
        int y = Math.Clamp((int)place.Y, 0, Size - 1);
        Vector2 direction = Brushing[(y * Size) + x];
        return MathF.Atan2(direction.Y, direction.X);
    }
}

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
