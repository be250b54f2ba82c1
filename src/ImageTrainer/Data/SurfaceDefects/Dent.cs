using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>A smooth oval hollow knocked into the sheet, with a faint raised rim. It has no colour of its own: only light shows it.</summary>
internal static class Dent
{
    /// <summary>Draws one, seldom two.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        int count = random.Chance(0.9f) ? 1 : 2;
        for (int i = 0; i < count; i++)
            Press(surface, random);
    }

    private static void Press(Surface surface, DrawingRandom random)
    {
        Vector2 centre = surface.PlaceInside(random, 0.3f);
        Vector2 axis = Geometry.Direction(random.Angle());
        float radius = random.Between(34, 54) * surface.Unit;
        float flattening = random.Between(1, 1.4f);
        // The steepest slope of exp(-r^2) is 0.86 depth / radius, so this is nearly the slope itself.
        float depth = random.Between(1, 1.4f) * radius;
        float rim = random.Between(0.05f, 0.25f);
        var uneven = new ValueNoise(random.NoiseSeed());
        for (int i = 0; i < surface.Height.Length; i++)
        {
            Vector2 place = surface.PlaceOf(i) - centre;
            Vector2 turned = Geometry.Turn(place, axis) * new Vector2(1, flattening);
            float wobble = 1 + (0.25f * uneven.At(place.X / radius, place.Y / radius));
            float distanceSquared = turned.LengthSquared() * wobble / (radius * radius);
            if (distanceSquared < 9)
                surface.Height[i] -= depth * (1 - (rim * distanceSquared)) * MathF.Exp(-distanceSquared);
        }
    }
}
