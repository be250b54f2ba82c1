using ImageTrainer.Imaging;

namespace ImageTrainer.Tests;

/// <summary>Small pictures that tests draw for themselves: three kinds of shapes that any network tells apart, no two pictures the same.</summary>
internal static class Drawings
{
    private const int Width = 80;
    private const int Height = 72;

    /// <summary>The kinds, in ordinal order.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["disc", "square", "stripes"];

    /// <summary>Draws one picture; the same kind and number give the same pixels.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="number">Decides place, size and shade.</param>
    public static RgbImage Draw(string kind, int number)
    {
        var random = new Random((number * 10) + kind.Length);
        (int centreX, int centreY, int radius) = (random.Next(30, 50), random.Next(28, 44), random.Next(16, 26));
        byte[] colour = kind switch { "disc" => [220, 40, 30], "square" => [30, 190, 60], _ => [40, 60, 220] };
        int shade = random.Next(100, 160);
        byte[] pixels = new byte[Width * Height * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int x, int y) = (i / 3 % Width, i / 3 / Width);
            bool isInside = IsInside(kind, x - centreX, y - centreY, radius);
            pixels[i] = (byte)Math.Clamp((isInside ? colour[i % 3] : shade) + random.Next(-12, 13), 0, 255);
        }

        return new RgbImage(Width, Height, pixels);
    }

    /// <summary>Writes a data set, a folder per kind with pictures of the numbers from first on, as PNG; gives the folder's path.</summary>
    public static string WriteDataset(TemporaryFolder folder, string name, int countPerKind, int first = 0)
    {
        foreach (string kind in Kinds)
        {
            Directory.CreateDirectory(folder.Combine(name, kind));
            for (int i = 0; i < countPerKind; i++)
                Draw(kind, first + i).SavePng(folder.Combine(name, kind, $"{i:00}.png"));
        }

        return folder.Combine(name);
    }

    private static bool IsInside(string kind, int x, int y, int radius) => kind switch
    {
        "disc" => (x * x) + (y * y) < radius * radius,
        "square" => Math.Abs(x) < radius && Math.Abs(y) < radius,
        _ => (x + 1000) / 6 % 2 == 0,
    };
}
