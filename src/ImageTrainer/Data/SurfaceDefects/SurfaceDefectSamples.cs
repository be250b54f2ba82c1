using System.Numerics;
using ImageTrainer.Imaging;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>Draws labelled pictures of brushed metal, sound or damaged in one of four ways: something to train on where there are no photos.</summary>
public static class SurfaceDefectSamples
{
    /// <summary>The five classes, in ordinal order: crack, dent, ok, scratch, stain.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["crack", "dent", "ok", "scratch", "stain"];

    /// <summary>Draws one picture, which depends on nothing but these three; <see cref="SurfaceDefectOptions.ImagesPerClass"/> plays no part.</summary>
    /// <param name="label">One of <see cref="Labels"/>.</param>
    /// <param name="index">Number of the picture within its class.</param>
    /// <param name="options">Seed and size.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such label.</exception>
    internal static RgbImage Draw(string label, int index, SurfaceDefectOptions options)
    {
        var random = new DrawingRandom(options.Seed, label, index);
        var surface = new Surface(options.ImageSize, random.Between(0.8f, 1.3f));
        BrushedMetal.Lay(surface, random.Fork("metal"));
        Distractors.Draw(surface, random.Fork("distractors"));
        DrawDefect(label, surface, random.Fork("defect"));
        Vector3[] light = new Lighting(random.Fork("lighting")).Illuminate(surface);
        return Camera.Expose(light, surface.Size, random.Fork("camera"));
    }

    private static void DrawDefect(string label, Surface surface, DrawingRandom random)
    {
        switch (label)
        {
            case "ok":
                break;
            case "crack":
                Crack.Draw(surface, random);
                break;
            case "dent":
                Dent.Draw(surface, random);
                break;
            case "scratch":
                Scratch.Draw(surface, random);
                break;
            case "stain":
                Stain.Draw(surface, random);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(label), label, $"There is no such class; the classes are {string.Join(", ", Labels)}.");
        }
    }
}
