using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>A patch of ragged outline where the metal has changed colour: rust, oil, a dried water mark, or the tint of heat.</summary>
internal static class Stain
{
    /// <summary>Draws one of some kind.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        Residue residue = Pick(random);
        int count = random.Chance(0.6f) ? 1 : random.Count(2, 3);
        Vector2 centre = surface.PlaceInside(random, 0.35f);
        for (int i = 0; i < count; i++)
        {
            float radius = random.Between(55, 85) * surface.Unit / MathF.Sqrt(count);
            Spread(surface, random, residue, new Circle(centre, radius));
            centre += Geometry.Direction(random.Angle()) * radius * 1.5f;
        }
    }

    private static Residue Pick(DrawingRandom random) => random.Count(0, 3) switch
    {
        0 => new Residue(new Vector3(0.5f, 0.31f, 0.2f), Shine: 0.35f, Rim: 0.1f, Grain: 0.6f),
        1 => new Residue(new Vector3(0.38f, 0.34f, 0.28f), Shine: 0.9f, Rim: 0.15f, Grain: 0.1f),
        2 => new Residue(new Vector3(0.5f, 0.5f, 0.48f), Shine: 0.5f, Rim: 0.6f, Grain: 0.25f),
        _ => new Residue(new Vector3(0.48f, 0.4f, 0.5f), Shine: 0.8f, Rim: 0.4f, Grain: 0.15f),
    };

    private static void Spread(Surface surface, DrawingRandom random, Residue residue, Circle area)
    {
        var outline = new ValueNoise(random.NoiseSeed());
        var grain = new ValueNoise(random.NoiseSeed());
        float strength = random.Between(0.85f, 1.1f);
        float softness = random.Between(0.04f, 0.2f);
        float raggedness = random.Between(0.7f, 1.2f);
        for (int i = 0; i < surface.Color.Length; i++)
        {
            Vector2 place = surface.PlaceOf(i);
            Vector2 relative = (place - area.Centre) / area.Radius;
            if (relative.LengthSquared() > 5)
                continue;
            float inside = 1 - relative.Length() + (raggedness * outline.Fractal(relative.X * 1.6f, relative.Y * 1.6f, 4));
            float cover = Geometry.Step(0, softness, inside);
            // What dries leaves most at its edge ("coffee ring").
            float ring = cover * (1 - Geometry.Step(softness, softness + 0.2f, inside));
            float speck = 1 + (residue.Grain * grain.Fractal(place.X / (9 * surface.Unit), place.Y / (9 * surface.Unit), 4));
            float amount = Math.Clamp(strength * speck * (cover + residue.Rim * (ring - (0.5f * cover))), 0, 1.3f);
            surface.Color[i] *= Vector3.One - (amount * (Vector3.One - residue.Tint));
            surface.Gloss[i] *= 1 - (amount * (1 - residue.Shine));
        }
    }

    /// <param name="Tint">Factor on the reflectance of red, green and blue under the full residue.</param>
    /// <param name="Shine">Factor on the gloss.</param>
    /// <param name="Rim">How much of it gathers at the edge, 0 to 1.</param>
    /// <param name="Grain">How unevenly it lies, 0 to 1.</param>
    private readonly record struct Residue(Vector3 Tint, float Shine, float Rim, float Grain);

    /// <param name="Centre">In pixels.</param>
    /// <param name="Radius">In pixels.</param>
    private readonly record struct Circle(Vector2 Centre, float Radius);
}
