using ImageTrainer.Files;
using ImageTrainer.Imaging;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>Reads files that listings name, and nothing else that may lie in a folder.</summary>
internal static class ImageFile
{
    // .NET puts it for what is not UTF-8 in a name, which then leads nowhere.
    private const char Replacement = '\uFFFD';

    /// <summary>Reads a file.</summary>
    /// <exception cref="ImageDecodeException">It cannot be read, is empty, or is no image.</exception>
    public static ImageContent Read(string path) =>
        FindFault(path) is { } fault ? throw new ImageDecodeException(path, fault) : ImageContent.FromFile(path);

    // Pipes, sockets and devices have no length either; opening one would wait for ever.
    private static string? FindFault(string path)
    {
        if (HasNoLength(path)) return FileKind.FindSpecial(path) is { } kind ? $"it is {kind}" : "the file is empty";
        return path.Contains(Replacement) && !Path.Exists(path) ? "its name is not valid UTF-8" : null;
    }

    private static bool HasNoLength(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null) file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists && file.Length == 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Reading it says what is wrong.
            return false;
        }
    }
}
