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

    // From blueish steel over plain aluminium to brass, light or dark.
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

    private Vector2 Centre => _middle + (_radius * _direction);
}
