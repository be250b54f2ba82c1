using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Worker;

/// <summary>Decodes images with the system's libvips, which only a process of its own can have beside one with the packaged libvips.</summary>
internal static class SystemDecoding
{
    private const int NoLibrary = 77;

    /// <summary>Writes a PNG beside each image of a folder, and prints the name and reason of each that cannot be read.</summary>
    /// <returns>0, or 77 where the system has no libvips that fits; standard error says why.</returns>
    public static int Run(string folder)
    {
        AppContext.SetSwitch("ImageTrainer.SystemLibvips", true);
        try
        {
            foreach (string path in Directory.GetFiles(folder)) Decode(path);
            return 0;
        }
        catch (ImageLibraryException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return NoLibrary;
        }
    }

    private static void Decode(string path)
    {
        try
        {
            new ImageReader().Read(path).SavePng(path + ".png");
        }
        catch (ImageDecodeException exception)
        {
            Console.WriteLine($"{Path.GetFileName(path)}: {exception.Format}: {exception.Reason}");
        }
    }
}
