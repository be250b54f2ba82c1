using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>A finger was here: an oval of faint wavy ridges of grease.</summary>
internal static class Fingerprint
{
    /// <summary>Draws one.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        Vector2 centre = surface.PlaceInside(random, 0.1f);
        Vector2 axis = Geometry.Direction(random.Angle());
        float radius = random.Between(22, 40) * surface.Unit;
        float ridge = random.Between(3.5f, 5.5f) * surface.Unit;
        float strength = random.Between(0.04f, 0.12f);
        var warp = new ValueNoise(random.NoiseSeed());
        for (int i = 0; i < surface.Color.Length; i++)
        {
            Vector2 place = surface.PlaceOf(i) - centre;
            Vector2 turned = Geometry.Turn(place, axis) * new Vector2(1, 1.4f);
            float inside = 1 - (turned.Length() / radius);
            if (inside <= 0)
                continue;
            float bent = warp.Fractal(place.X / radius, place.Y / radius, 2);
            float wave = 0.5f + (0.5f * MathF.Sin((turned.Length() / ridge * MathF.PI) + (9 * bent)));
            float grease = strength * Geometry.Step(0, 0.4f, inside + (0.4f * bent)) * wave;
            surface.Color[i] *= 1 - (0.6f * grease);
            surface.Gloss[i] *= 1 - (2 * grease);
        }
    }
}
