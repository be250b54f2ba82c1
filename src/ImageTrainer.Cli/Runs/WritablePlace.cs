using ImageTrainer.Cli.Terminal;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

/// <summary>Finds out before the work whether its outcome can be written.</summary>
internal static class WritablePlace
{
    /// <summary>Refuses "-": it would make a file of that name where standard output is meant.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="UsageException">It is "-".</exception>
    public static void RequireName(string path)
    {
        if (path == "-")
            throw new UsageException("'-' does not stand for standard output here; name a file (./- for one that is called -).");
    }

    /// <summary>Refuses a path that no file can be written to; missing folders on the way are created.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="option">The option that names another place.</param>
    /// <exception cref="UsageException">It is "-", a folder, a device or a pipe, or its folder cannot be written to.</exception>
    public static void RequireFile(string path, string option)
    {
        RequireName(path);
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            throw new UsageException($"'{path}' is a folder; name a file with {option}.");
        string target;
        try
        {
            target = ReplacedFile.FindTarget(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{exception.Message.TrimEnd('.')}; name another place with {option}.");
        }

        RequireFolder(Path.GetDirectoryName(target)!, $"'{path}'", option);
    }

    /// <summary>Refuses a folder that no file can be made in; it is created where it is missing.</summary>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="what">The beginning of the sentence that refuses: "The run folder 'runs'".</param>
    /// <param name="option">The option that names another place; null where an argument does.</param>
    /// <exception cref="UsageException">No file can be made in it.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void RequireFolder(string folder, string what, string? option)
    {
        string with = option is null ? "" : $" with {option}";
        string probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            FolderProbe.Write(folder, probe);
        }
        catch (Exception exception) when ((exception is IOException or UnauthorizedAccessException) && !DiskSpace.IsUsedUp(exception))
        {
            throw new UsageException($"{what} cannot be written to ({Reason(exception, probe)}); name another place{with}.");
        }
    }

    /// <summary>Why no file can be made, without the name of the file that was tried.</summary>
    private static string Reason(Exception exception, string probe) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no file can be made there",
        UnauthorizedAccessException when exception.Message.Contains(probe, StringComparison.Ordinal) => "access is denied",
        _ => exception.Message.Split(" : '", 2)[0].TrimEnd('.'),
    };
}
