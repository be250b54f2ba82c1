using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>
/// Long thin strokes ploughed through the surface by something hard: a groove of freshly bared, bright metal, with raised
/// lips that catch the light, and gaps where the point jumped.
/// </summary>
internal static class Scratch
{
    /// <summary>Draws a bundle of three to seven, roughly parallel.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        Vector2 place = surface.PlaceInside(random, 0.35f);
        // Along the brushing a scratch could not be told from a brush mark, by anybody.
        float angle = surface.BrushAngleAt(place) + (random.Sign() * random.Between(0.35f, MathF.PI / 2));
        float brightness = random.Between(1.2f, 2f);
        int count = random.Count(3, 7);
        for (int i = 0; i < count; i++)
        {
            DrawStroke(surface, random, place, angle, brightness);
            angle += random.Between(-0.2f, 0.2f);
            place += surface.Unit * new Vector2(random.Between(-25, 25), random.Between(-25, 25));
        }
    }

    private static void DrawStroke(Surface surface, DrawingRandom random, Vector2 middle, float angle, float brightness)
    {
        Stroke stroke = Path(surface, random, middle, angle);
        float[] groove = new float[surface.Height.Length];
        float[] lips = new float[surface.Height.Length];
        stroke.CoverTo(groove, surface.Size);
        stroke.CoverTo(lips, surface.Size, widening: 1.5f);
        float depth = random.Between(0.3f, 0.9f);
        var contact = new ValueNoise(random.NoiseSeed());
        float jumpiness = random.Between(-1.1f, -0.6f);
        for (int i = 0; i < groove.Length; i++)
        {
            if (lips[i] == 0)
                continue;
            Vector2 place = surface.PlaceOf(i) / (18 * surface.Unit);
            float pressure = Geometry.Step(jumpiness, jumpiness + 0.4f, contact.At(place.X, place.Y));
            surface.Height[i] += pressure * depth * ((0.5f * lips[i]) - groove[i]);
            surface.Color[i] *= 1 + (pressure * groove[i] * brightness);
            surface.Gloss[i] *= 1 - (0.4f * pressure * groove[i]);
        }
    }

    private static Stroke Path(Surface surface, DrawingRandom random, Vector2 middle, float angle)
    {
        Vector2 half = random.Between(65, 125) * surface.Unit * Geometry.Direction(angle);
        Vector2 bend = random.Between(-0.15f, 0.15f) * new Vector2(-half.Y, half.X);
        float width = random.Between(2f, 3.6f) * surface.Unit;
        float taper = random.Between(0.05f, 0.4f);
        return Stroke.Curve(middle - half, middle + bend, middle + half, Width);

        float Width(float t) => width * Geometry.Step(0, taper, Math.Min(t, 1 - t));
    }
}
