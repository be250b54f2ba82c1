using ImageTrainer.Cli.SampleData;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Runs;

/// <summary>The pictures that speeds are measured on; drawn ones live in a folder of their own until this is disposed.</summary>
internal sealed class SpeedPictures : IDisposable
{
    /// <summary>Most pictures used: a system keeps the files of so many in memory, so that no disk is measured.</summary>
    public const int MaxCount = 64;

    /// <summary>
    /// Side of a drawn picture in pixels. About the size of a photo as it goes through the web, so that decoding is not for nothing.
    /// </summary>
    private const int DrawnSize = 512;

    /// <summary>Drawn pictures of each of the five classes.</summary>
    private const int DrawnPerClass = 4;

    /// <summary>The folder of drawn pictures, to be removed; null where the user named one.</summary>
    private readonly DirectoryInfo? _folder;

    private SpeedPictures(IReadOnlyList<string> paths, string description, DirectoryInfo? folder) =>
        (Paths, Description, _folder) = (paths, description, folder);

    /// <summary>Paths of pictures that can be read, one or more.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>What they are, in words.</summary>
    public string Description { get; }

    /// <summary>How many of those chosen could not be read.</summary>
    public int FailedCount { get; private init; }

    /// <summary>Draws pictures, the same every time.</summary>
    /// <exception cref="UsageException">There is no place for temporary files.</exception>
    public static SpeedPictures Draw(CancellationToken cancellationToken)
    {
        RequireTemporaryFolder();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("imagetrainer-bench-");
        try
        {
            var options = new SurfaceDefectOptions { ImagesPerClass = DrawnPerClass, ImageSize = DrawnSize };
            SurfaceDefectSamples.WriteTo(folder.FullName, options, cancellationToken);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }

        string[] paths = Directory.GetFiles(folder.FullName, "*.jpg", SearchOption.AllDirectories);
        Array.Sort(paths, StringComparer.Ordinal);
        return new SpeedPictures(paths, $"{paths.Length} drawn JPEG pictures of {DrawnSize} x {DrawnSize}", folder);
    }

    /// <summary>Takes pictures from all over a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="say">Told what was passed over.</param>
    /// <param name="cancellationToken">Looked at between pictures.</param>
    /// <exception cref="UsageException">There is no such folder.</exception>
    /// <exception cref="DatasetException">None of its pictures can be read.</exception>
    public static SpeedPictures Read(string folder, Action<string> say, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder)) throw new UsageException($"--images takes a folder, and '{folder}' is not one.");
        IReadOnlyList<string> all = ImageInputs.Expand([folder], say);
        int count = Math.Min(all.Count, MaxCount);
        string[] chosen = [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Count / count)])];
        string[] readable = [.. chosen.Where(path => CanRead(path, say, cancellationToken))];
        if (readable.Length == 0)
            throw new DatasetException(
                folder, $"None of the {count} pictures taken from '{folder}' can be read; name a folder with readable images.");
        string description = $"{readable.Length} of the {all.Count} pictures in '{folder}'";
        return new SpeedPictures(readable, description, folder: null) { FailedCount = count - readable.Length };
    }

    /// <summary>Removes the pictures that were drawn.</summary>
    public void Dispose() => _folder?.Delete(recursive: true);

    /// <summary>Finds out whether drawn pictures have a place.</summary>
    /// <exception cref="UsageException">The folder for temporary files is missing, or cannot be written to.</exception>
    private static void RequireTemporaryFolder()
    {
        (string folder, string variable) = (Path.GetTempPath(), OperatingSystem.IsWindows() ? "TMP" : "TMPDIR");
        if (!Directory.Exists(folder))
            throw new UsageException($"There is no folder for temporary files '{folder}'; name another one with {variable}.");
        WritablePlace.RequireFolder(folder, $"The folder for temporary files '{folder}'", variable);
    }

    /// <summary>Whether a picture can be predicted; says why where it cannot.</summary>
    private static bool CanRead(string path, Action<string> say, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            new ImageReader().ReadPixels(path, new ImagePreprocessing(), new float[new ImagePreprocessing().PixelLength]);
            return true;
        }
        catch (ImageDecodeException exception)
        {
            say(exception.Message);
            return false;
        }
    }
}
