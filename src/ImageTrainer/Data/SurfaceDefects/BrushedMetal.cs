using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>The sound metal: its alloy's colour, the streaks of the brush, and faint blotches.</summary>
internal static class BrushedMetal
{
    /// <summary>Covers the whole surface.</summary>
    public static void Lay(Surface surface, DrawingRandom random)
    {
        var pattern = new BrushPattern(surface, random.Fork("pattern"));
        var streaks = new ValueNoise(random.NoiseSeed());
        var blotches = new ValueNoise(random.NoiseSeed());
        Vector3 alloy = Alloy(random);
        float streakDepth = random.Between(0.03f, 0.08f);
        float blotchDepth = random.Between(0.02f, 0.08f);
        Vector2 streakScale = new(1 / (random.Between(30, 140) * surface.Unit), random.Between(0.3f, 0.8f) / surface.Unit);
        float blotchScale = 1 / (random.Between(50, 120) * surface.Unit);
        for (int i = 0; i < surface.Color.Length; i++)
        {
            Vector2 place = surface.PlaceOf(i);
            Vector2 unrolled = pattern.Unroll(place) * streakScale;
            float streak = streakDepth * streaks.Fractal(unrolled.X, unrolled.Y, 3);
            float blotch = blotchDepth * blotches.Fractal(place.X * blotchScale, place.Y * blotchScale, 2);
            surface.Brushing[i] = pattern.DirectionAt(place);
            surface.Color[i] = alloy * (1 + streak + blotch);
            surface.Gloss[i] = Math.Max(0, 1 + (2 * streak) + blotch);
        }
    }

    // From blueish steel over plain aluminium to brass, light or dark.
    private static Vector3 Alloy(DrawingRandom random)
    {
        float brightness = random.Between(0.25f, 0.65f);
        float warmth = random.Chance(0.3f) ? random.Between(0.1f, 0.4f) : random.Between(-0.12f, 0.1f);
        float green = random.Between(-0.03f, 0.03f);
        return brightness * new Vector3(1 + (0.5f * warmth), 1 + green, 1 - warmth);
    }
}
