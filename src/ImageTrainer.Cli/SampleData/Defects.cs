using System.Numerics;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>A jagged break in the metal that forks into ever thinner branches. No light comes back out of it.</summary>
internal static class Crack
{
    /// <summary>How often a branch may branch.</summary>
    private const int MaximumDepth = 3;

    /// <summary>Draws one, with its branches.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
    {
        float[] gap = new float[surface.Height.Length];
        float[] lips = new float[surface.Height.Length];
        float angle = random.Angle();
        float length = random.Between(140, 220) * surface.Unit;
        Vector2 start = surface.PlaceInside(random, 0.4f) - (length * 0.5f * Geometry.Direction(angle));
        var tip = new Tip(start, angle, random.Between(3, 5) * surface.Unit, length);
        foreach (Stroke stroke in Grow(surface, random, tip))
        {
            stroke.CoverTo(gap, surface.Size);
            stroke.CoverTo(lips, surface.Size, widening: 2);
        }

        float darkness = random.Between(0.75f, 0.95f);
        for (int i = 0; i < gap.Length; i++)
        {
            surface.Height[i] += 0.4f * (lips[i] - gap[i]);
            surface.Color[i] *= 1 - (darkness * gap[i]);
            surface.Gloss[i] *= 1 - (0.9f * gap[i]);
        }
    }

    /// <summary>
    /// Grows the crack and its branches, one stroke each: random steps about a heading that drifts, as fractures turn at grain
    /// boundaries.
    /// </summary>
    /// <param name="surface">What it is drawn on.</param>
    /// <param name="random">The numbers of this crack.</param>
    /// <param name="root">Where it begins, where to, how wide and how long.</param>
    private static IEnumerable<Stroke> Grow(Surface surface, SplittableRandom random, Tip root)
    {
        var growing = new Queue<(Tip Tip, int Depth)>([(root, 0)]);
        while (growing.TryDequeue(out (Tip Tip, int Depth) next))
        {
            var stroke = new Stroke();
            Tip tip = next.Tip;
            float heading = tip.Angle;
            for (float gone = 0; gone < tip.Length;)
            {
                stroke.To(tip.Place, tip.Width * (1 - (gone / tip.Length * 0.8f)));
                // It turns at every grain boundary, but keeps its heading on the whole.
                float step = random.Between(3, 9) * surface.Unit;
                float angle = heading + random.Between(-0.75f, 0.75f);
                heading += random.Between(-0.12f, 0.12f);
                tip = tip with { Place = tip.Place + (step * Geometry.Direction(angle)) };
                gone += step;
                if (next.Depth < MaximumDepth && random.Chance(0.22f))
                    growing.Enqueue((Branch(random, tip, heading, tip.Length - gone), next.Depth + 1));
            }

            yield return stroke;
        }
    }

    /// <summary>A thinner, shorter branch that leaves at 30 to 60 degrees to either side.</summary>
    private static Tip Branch(SplittableRandom random, Tip stem, float heading, float lengthLeft) => new(
        stem.Place,
        heading + (random.Sign() * random.Between(0.5f, 1.1f)),
        stem.Width * random.Between(0.45f, 0.75f),
        Math.Max(0, lengthLeft) * random.Between(0.4f, 0.8f));

    /// <param name="Place">Where the crack has got to, in pixels.</param>
    /// <param name="Angle">Where it is heading, in radians.</param>
    /// <param name="Width">Its width at the root, in pixels.</param>
    /// <param name="Length">How far it goes in all, in pixels.</param>
    private readonly record struct Tip(Vector2 Place, float Angle, float Width, float Length);
}

/// <summary>
/// A smooth oval hollow knocked into the sheet, with a faint raised rim. It has no colour of its own: only light shows it.
/// </summary>
internal static class Dent
{
    /// <summary>Draws one, seldom two.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
    {
        int count = random.Chance(0.9f) ? 1 : 2;
        for (int i = 0; i < count; i++)
            Press(surface, random);
    }

    /// <summary>
    /// Presses one dent: a Gaussian hollow of an uneven outline, turned and flattened, with a rim where the Gaussian is multiplied by 1 -
    /// rim r^2.
    /// </summary>
    private static void Press(Surface surface, SplittableRandom random)
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

/// <summary>
/// Long thin strokes ploughed through the surface by something hard: a groove of freshly bared, bright metal, with raised
/// lips that catch the light, and gaps where the point jumped.
/// </summary>
internal static class Scratch
{
    /// <summary>Draws a bundle of three to seven, roughly parallel.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
    {
        Vector2 place = surface.PlaceInside(random, 0.35f);
        // Along the brushing a scratch could not be told from a brush mark, by anybody.
        float angle = surface.BrushAngleAt(place) + (random.Sign() * random.Between(0.35f, MathF.PI / 2));
        float brightness = random.Between(1.2f, 2f);
        int count = random.Count(3, 7);
        for (int i = 0; i < count; i++)
        {
            DrawStroke(surface, random, place, angle, brightness);
            angle += random.Between(-0.2f, 0.2f);
            place += surface.Unit * new Vector2(random.Between(-25, 25), random.Between(-25, 25));
        }
    }

    /// <summary>Ploughs one stroke: a groove, its raised lips, and bared metal where the point had contact.</summary>
    /// <param name="surface">What it is drawn on.</param>
    /// <param name="random">The numbers of this stroke.</param>
    /// <param name="middle">The middle of the stroke, in pixels.</param>
    /// <param name="angle">Its direction, in radians.</param>
    /// <param name="brightness">How much more than the alloy the bared metal scatters.</param>
    private static void DrawStroke(Surface surface, SplittableRandom random, Vector2 middle, float angle, float brightness)
    {
        Stroke stroke = Path(surface, random, middle, angle);
        float[] groove = new float[surface.Height.Length];
        float[] lips = new float[surface.Height.Length];
        stroke.CoverTo(groove, surface.Size);
        stroke.CoverTo(lips, surface.Size, widening: 1.5f);
        float depth = random.Between(0.3f, 0.9f);
        var contact = new ValueNoise(random.NoiseSeed());
        float jumpiness = random.Between(-1.1f, -0.6f);
        for (int i = 0; i < groove.Length; i++)
        {
            if (lips[i] == 0)
                continue;
            Vector2 place = surface.PlaceOf(i) / (18 * surface.Unit);
            float pressure = Geometry.Step(jumpiness, jumpiness + 0.4f, contact.At(place.X, place.Y));
            surface.Height[i] += pressure * depth * ((0.5f * lips[i]) - groove[i]);
            surface.Color[i] *= 1 + (pressure * groove[i] * brightness);
            surface.Gloss[i] *= 1 - (0.4f * pressure * groove[i]);
        }
    }

    /// <summary>The way of the point: a curve that is bent a little, thinner at both ends.</summary>
    private static Stroke Path(Surface surface, SplittableRandom random, Vector2 middle, float angle)
    {
        Vector2 half = random.Between(65, 125) * surface.Unit * Geometry.Direction(angle);
        Vector2 bend = random.Between(-0.15f, 0.15f) * new Vector2(-half.Y, half.X);
        float width = random.Between(2f, 3.6f) * surface.Unit;
        float taper = random.Between(0.05f, 0.4f);
        return Stroke.Curve(middle - half, middle + bend, middle + half, Width);

        float Width(float t) => width * Geometry.Step(0, taper, Math.Min(t, 1 - t));
    }
}

/// <summary>A patch of ragged outline where the metal has changed colour: rust, oil, a dried water mark, or the tint of heat.</summary>
internal static class Stain
{
    /// <summary>Draws one of some kind.</summary>
    public static void Draw(Surface surface, SplittableRandom random)
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

    /// <summary>Rust, oil, a water mark, or the tint of heat.</summary>
    private static Residue Pick(SplittableRandom random) => random.Count(0, 3) switch
    {
        0 => new Residue(new Vector3(0.5f, 0.31f, 0.2f), Shine: 0.35f, Rim: 0.1f, Grain: 0.6f),
        1 => new Residue(new Vector3(0.38f, 0.34f, 0.28f), Shine: 0.9f, Rim: 0.15f, Grain: 0.1f),
        2 => new Residue(new Vector3(0.5f, 0.5f, 0.48f), Shine: 0.5f, Rim: 0.6f, Grain: 0.25f),
        _ => new Residue(new Vector3(0.48f, 0.4f, 0.5f), Shine: 0.8f, Rim: 0.4f, Grain: 0.15f),
    };

    /// <summary>Lets a residue dry on an area whose outline is a circle disturbed by noise of four octaves.</summary>
    private static void Spread(Surface surface, SplittableRandom random, Residue residue, Circle area)
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
