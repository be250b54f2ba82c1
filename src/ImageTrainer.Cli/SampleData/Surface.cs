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

    /// <summary>
    /// [H, W]: how much red, green and blue the metal scatters, linear; 0.2 to 0.8 for plain metal, more where it is freshly bared.
    /// </summary>
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

/// <summary>A line drawn by hand: points with a width at each, in pixels, joined by straight pieces with round ends.</summary>
internal sealed class Stroke
{
    private readonly List<(Vector2 Place, float Width)> _points = [];

    /// <summary>Goes on to a place, where the line is so wide.</summary>
    public void To(Vector2 place, float width) => _points.Add((place, width));

    /// <summary>
    /// Adds how much of each pixel the line covers, 0 to 1, keeping the larger of old and new value. Lines thinner than a pixel get
    /// fainter instead of thinner, so that they neither break up nor jump.
    /// </summary>
    /// <param name="coverage">[size, size].</param>
    /// <param name="size">Width and height of the picture in pixels.</param>
    /// <param name="widening">Pixels added to the width everywhere.</param>
    public void CoverTo(float[] coverage, int size, float widening = 0)
    {
        for (int i = 1; i < _points.Count; i++)
            CoverPiece(coverage, size, _points[i - 1], _points[i], widening);
    }

    /// <summary>A quadratic Bezier curve from start to end, pulled towards a third point, as thirty pieces.</summary>
    /// <param name="start">Where it starts.</param>
    /// <param name="control">What pulls the middle.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="width">Its width in pixels at a share (0 to 1) of the way.</param>
    public static Stroke Curve(Vector2 start, Vector2 control, Vector2 end, Func<float, float> width)
    {
        const int PieceCount = 30;
        var stroke = new Stroke();
        for (int i = 0; i <= PieceCount; i++)
        {
            float t = i / (float)PieceCount;
            Vector2 place = Vector2.Lerp(Vector2.Lerp(start, control, t), Vector2.Lerp(control, end, t), t);
            stroke.To(place, width(t));
        }

        return stroke;
    }

    /// <summary>Covers one straight piece: a pixel's cover is the width there, minus its distance from the line, cut at 0 and 1.</summary>
    private static void CoverPiece(
        float[] coverage, int size, (Vector2 Place, float Width) from, (Vector2 Place, float Width) to, float widening)
    {
        float reach = (Math.Max(from.Width, to.Width) + widening) / 2 + 1;
        Vector2 least = Vector2.Min(from.Place, to.Place) - new Vector2(reach);
        Vector2 most = Vector2.Max(from.Place, to.Place) + new Vector2(reach);
        for (int y = Math.Max(0, (int)least.Y); y <= Math.Min(size - 1, (int)most.Y); y++)
        {
            for (int x = Math.Max(0, (int)least.X); x <= Math.Min(size - 1, (int)most.X); x++)
            {
                Vector2 place = new(x, y);
                float share = ShareOfWay(place, from.Place, to.Place);
                float distance = Vector2.Distance(place, Vector2.Lerp(from.Place, to.Place, share));
                float width = from.Width + (share * (to.Width - from.Width)) + widening;
                float covered = Math.Clamp((width / 2) + 0.5f - distance, 0, Math.Min(1, width));
                int i = (y * size) + x;
                coverage[i] = Math.Max(coverage[i], covered);
            }
        }
    }

    /// <summary>How far along a piece the point nearest to a place lies, 0 to 1.</summary>
    private static float ShareOfWay(Vector2 place, Vector2 from, Vector2 to)
    {
        Vector2 way = to - from;
        float lengthSquared = way.LengthSquared();
        return lengthSquared == 0 ? 0 : Math.Clamp(Vector2.Dot(place - from, way) / lengthSquared, 0, 1);
    }
}

/// <summary>
/// Smooth noise over the plane: hashed values on the whole-numbered lattice, joined by Perlin's quintic fade
/// ("Improving Noise", SIGGRAPH 2002). A pure function of seed and place.
/// </summary>
internal readonly struct ValueNoise(uint seed)
{
    private readonly uint _seed = seed;

    /// <summary>The noise at one place, -1 to 1, about one bump per unit of length.</summary>
    public float At(float x, float y)
    {
        int left = (int)MathF.Floor(x);
        int top = (int)MathF.Floor(y);
        float across = Fade(x - left);
        float down = Fade(y - top);
        float upper = Lattice(left, top) + (across * (Lattice(left + 1, top) - Lattice(left, top)));
        float lower = Lattice(left, top + 1) + (across * (Lattice(left + 1, top + 1) - Lattice(left, top + 1)));
        return upper + (down * (lower - upper));
    }

    /// <summary>Noise of several sizes, each half as large and half as strong as the one before; -1 to 1.</summary>
    public float Fractal(float x, float y, int octaveCount)
    {
        float sum = 0, strength = 1, total = 0;
        for (int octave = 0; octave < octaveCount; octave++)
        {
            sum += strength * At(x, y);
            total += strength;
            strength /= 2;
            // The shift keeps the lattice points of the octaves apart.
            x = (x * 2) + 37.3f;
            y = (y * 2) + 17.7f;
        }

        return sum / total;
    }

    /// <summary>
    /// The value at a whole-numbered place, -1 to 1: its coordinates and the seed, multiplied and shifted into each other until
    /// neighbours have nothing in common.
    /// </summary>
    private float Lattice(int x, int y)
    {
        uint hash = _seed ^ ((uint)x * 0x9E3779B1) ^ ((uint)y * 0x85EBCA77);
        hash = (hash ^ (hash >> 16)) * 0x7FEB352D;
        hash = (hash ^ (hash >> 15)) * 0x846CA68B;
        return ((hash >> 8) * (2f / (1 << 24))) - 1;
    }

    /// <summary>Perlin's quintic, 6 t^5 - 15 t^4 + 10 t^3: its first two derivatives are 0 at 0 and 1, so that no lattice shows.</summary>
    private static float Fade(float t) => t * t * t * ((t * ((t * 6) - 15)) + 10);
}
