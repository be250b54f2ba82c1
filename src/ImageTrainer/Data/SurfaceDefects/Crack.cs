using System.Numerics;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>A jagged break in the metal that forks into ever thinner branches. No light comes back out of it.</summary>
internal static class Crack
{
    private const int MaximumDepth = 3;

    /// <summary>Draws one, with its branches.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
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

    private static IEnumerable<Stroke> Grow(Surface surface, DrawingRandom random, Tip root)
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

    private static Tip Branch(DrawingRandom random, Tip stem, float heading, float lengthLeft) => new(
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
