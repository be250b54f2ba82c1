using System.Numerics;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>The sound metal: its alloy's colour, the streaks of the brush, and faint blotches.</summary>
internal static class BrushedMetal
{
    /// <summary>Covers the whole surface.</summary>
    public static void Lay(Surface surface, SplittableRandom random)
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

    /// <summary>
    /// How much red, green and blue the alloy scatters, 0 to 1. From blueish steel over plain aluminium to brass, light or dark.
    /// </summary>
    private static Vector3 Alloy(SplittableRandom random)
    {
        float brightness = random.Between(0.25f, 0.65f);
        float warmth = random.Chance(0.3f) ? random.Between(0.1f, 0.4f) : random.Between(-0.12f, 0.1f);
        float green = random.Between(-0.03f, 0.03f);
        return brightness * new Vector3(1 + (0.5f * warmth), 1 + green, 1 - warmth);
    }
}

/// <summary>The way the brush went over the metal: straight across, or in arcs round a centre far outside the picture.</summary>
internal sealed class BrushPattern
{
    private readonly Vector2 _middle;
    private readonly Vector2 _direction;

    /// <summary>Radius of the arcs in pixels; 0 where the brush went straight.</summary>
    private readonly float _radius;

    /// <summary>Picks a direction, and a radius where the brush goes in arcs.</summary>
    public BrushPattern(Surface surface, SplittableRandom random)
    {
        _middle = new Vector2(surface.Size / 2f);
        _direction = Geometry.Direction(random.Angle());
        _radius = random.Chance(0.3f) ? random.Between(250, 900) * surface.Unit : 0;
    }

    /// <summary>Direction of the brush at a place, of length 1.</summary>
    public Vector2 DirectionAt(Vector2 place)
    {
        if (_radius == 0)
            return _direction;
        Vector2 outward = Vector2.Normalize(place - Centre);
        return new Vector2(-outward.Y, outward.X);
    }

    /// <summary>A place in the brush's own coordinates: X along its marks, Y across them, both in pixels.</summary>
    public Vector2 Unroll(Vector2 place)
    {
        if (_radius == 0)
            return Geometry.Turn(place - _middle, _direction);
        Vector2 fromCentre = place - Centre;
        return new Vector2(MathF.Atan2(fromCentre.Y, fromCentre.X) * _radius, fromCentre.Length());
    }

    /// <summary>Where the arcs have their centre, in pixels; far outside the picture.</summary>
    private Vector2 Centre => _middle + (_radius * _direction);
}

/// <summary>What lies or shows on sound and damaged metal alike, and is no defect: seams, rivets, smudges and dust.</summary>
internal static class Distractors
{
    /// <summary>Draws a few of them, or none.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
    {
        if (random.Chance(0.08f))
            Seam.Draw(surface, random.Fork("seam"));
        if (random.Chance(0.15f))
            Rivets.Draw(surface, random.Fork("rivets"));
        if (random.Chance(0.25f))
            Fingerprint.Draw(surface, random.Fork("fingerprint"));
        if (random.Chance(0.8f))
            Dust.Draw(surface, random.Fork("dust"));
    }
}

/// <summary>Specks and short fibres, all light or all dark.</summary>
internal static class Dust
{
    /// <summary>Strews some.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
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

/// <summary>A finger was here: an oval of faint wavy ridges of grease.</summary>
internal static class Fingerprint
{
    /// <summary>Draws one.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
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

/// <summary>Domed heads with a sharp outline.</summary>
internal static class Rivets
{
    /// <summary>Draws one, or a short row.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
    {
        Vector2 place = surface.PlaceInside(random, 0.05f);
        Vector2 step = random.Between(35, 80) * surface.Unit * Geometry.Direction(random.Angle());
        float radius = random.Between(5, 11) * surface.Unit;
        float bulge = random.Between(0.2f, 0.6f);
        int count = random.Count(1, 4);
        for (int k = 0; k < count; k++)
            DrawRivet(surface, place + (k * step), radius, bulge);
    }

    /// <summary>Raises a cap of a sphere, and darkens the line around it.</summary>
    /// <param name="surface">What it is drawn on.</param>
    /// <param name="centre">Its middle, in pixels.</param>
    /// <param name="radius">Its radius, in pixels.</param>
    /// <param name="bulge">Height of the cap over its radius.</param>
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

/// <summary>
/// A straight joint between two sheets, right across the picture, along the brushing or square to it; the sheets differ a little.
/// </summary>
internal static class Seam
{
    /// <summary>Draws one.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
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
