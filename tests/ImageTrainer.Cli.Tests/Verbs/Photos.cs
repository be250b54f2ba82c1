using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Verbs;

/// <summary>Draws small data sets that the built-in network tells apart: stripes of three directions.</summary>
internal static class Photos
{
    /// <summary>A label with everything that breaks tables, lists and command lines.</summary>
    public const string AwkwardLabel = "横, it's";

    /// <summary>Side of a picture in pixels.</summary>
    public const int Side = 64;

    /// <summary>Writes a folder per class and gives the folder.</summary>
    public static string WriteFolder(string folder, int count = 8, int seed = 1, params string[] labels)
    {
        string[] all = labels.Length > 0 ? labels : ["across", "down", AwkwardLabel];
        for (int label = 0; label < all.Length; label++)
        {
            string classFolder = Directory.CreateDirectory(Path.Combine(folder, all[label])).FullName;
            for (int i = 0; i < count; i++) Draw(label, 1000 * seed + i).SavePng(Path.Combine(classFolder, $"{i:00}.png"));
        }

        return folder;
    }

    /// <summary>Draws stripes of one direction with an own colour, width and noise for each number.</summary>
    public static RgbImage Draw(int direction, int number)
    {
        var random = new Random(number * 3 + direction);
        int width = random.Next(6, 10);
        int[] colour = [random.Next(60, 250), random.Next(60, 250), random.Next(60, 250)];
        byte[] pixels = new byte[3 * Side * Side];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int row, int column) = Math.DivRem(i / 3, Side);
            int along = direction switch { 0 => row, 1 => column, _ => row + column };
            pixels[i] = (byte)Math.Clamp((along / width % 2 == 0 ? colour[i % 3] : 30) + random.Next(-20, 20), 0, 255);
        }

        return new RgbImage(Side, Side, pixels);
    }
}
