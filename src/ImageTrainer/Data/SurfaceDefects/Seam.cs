using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>A straight joint between two sheets, right across the picture, along the brushing or square to it; the sheets differ a little.</summary>
internal static class Seam
{
    /// <summary>Draws one.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        Vector2 place = surface.PlaceInside(random, 0.1f);
        float brushAngle = surface.BrushAngleAt(place);
        Vector2 normal = Geometry.Direction(brushAngle + (random.Chance(0.5f) ? 0 : MathF.PI / 2));
        float halfWidth = random.Between(0.5f, 1.4f) * surface.Unit;
        float darkness = random.Between(0.2f, 0.45f);
        float difference = random.Between(-0.08f, 0.08f);
        for (int i = 0; i < surface.Color.Length; i++)
        {
            float distance = Vector2.Dot(surface.PlaceOf(i) - place, normal);
            float gap = Math.Clamp(halfWidth + 0.5f - MathF.Abs(distance), 0, 1);
            surface.Color[i] *= (1 - (darkness * gap)) * (distance > 0 ? 1 + difference : 1);
            surface.Gloss[i] *= 1 - (0.8f * gap);
            surface.Height[i] -= gap;
        }
    }
}
