using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>Specks and short fibres, all light or all dark.</summary>
internal static class Dust
{
    /// <summary>Strews some.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        float[] specks = new float[surface.Color.Length];
        int count = random.Count(2, 18);
        for (int k = 0; k < count; k++)
        {
            var speck = new Stroke();
            Vector2 place = surface.PlaceInside(random, 0);
            float width = random.Between(0.5f, 2) * surface.Unit;
            speck.To(place, width);
            speck.To(place + (random.Between(0, 4) * surface.Unit * Geometry.Direction(random.Angle())), width);
            speck.CoverTo(specks, surface.Size);
        }

        float shade = random.Chance(0.5f) ? 0.5f : -0.4f;
        for (int i = 0; i < specks.Length; i++)
            surface.Color[i] *= 1 + (shade * specks[i]);
    }
}
