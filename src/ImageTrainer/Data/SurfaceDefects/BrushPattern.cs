using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>The way the brush went over the metal: straight across, or in arcs round a centre far outside the picture.</summary>
internal sealed class BrushPattern
{
    private readonly Vector2 _middle;
    private readonly Vector2 _direction;
    private readonly float _radius;

    /// <summary>Picks a direction, and a radius where the brush goes in arcs.</summary>
    public BrushPattern(Surface surface, DrawingRandom random)
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
