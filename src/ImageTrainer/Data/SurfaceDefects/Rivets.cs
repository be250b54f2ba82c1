using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>Domed heads with a sharp outline.</summary>
internal static class Rivets
{
    /// <summary>Draws one, or a short row.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        Vector2 place = surface.PlaceInside(random, 0.05f);
        Vector2 step = random.Between(35, 80) * surface.Unit * Geometry.Direction(random.Angle());
        float radius = random.Between(5, 11) * surface.Unit;
        float bulge = random.Between(0.2f, 0.6f);
        int count = random.Count(1, 4);
        for (int k = 0; k < count; k++)
            DrawRivet(surface, place + (k * step), radius, bulge);
    }

    private static void DrawRivet(Surface surface, Vector2 centre, float radius, float bulge)
    {
        for (int i = 0; i < surface.Color.Length; i++)
        {
            float distance = Vector2.Distance(surface.PlaceOf(i), centre);
            if (distance > radius + 3)
                continue;
            float inside = Math.Max(0, 1 - (distance * distance / (radius * radius)));
            float outline = Math.Clamp(1.2f - MathF.Abs(distance - radius), 0, 1);
            surface.Height[i] += bulge * radius * MathF.Sqrt(inside);
            surface.Color[i] *= 1 - (0.45f * outline);
        }
    }
}
