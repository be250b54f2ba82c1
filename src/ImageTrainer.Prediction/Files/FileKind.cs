using System.Formats.Tar;

namespace ImageTrainer.Files;

/// <summary>Tells files from what only has a name like one: to open a pipe may take for ever, and a device may never end.</summary>
internal static class FileKind
{
    /// <summary>
    /// "a pipe", "a socket" or "a device"; null of a file, where nothing is there, and of an open pipe without a name of its own, as a
    /// shell's
    /// &lt;(command) is: there somebody writes. Nothing but an empty file is opened.
    /// </summary>
    /// <param name="path">The path; links are followed.</param>
    public static string? FindSpecial(string path)
    {
        try
        {
            FileInfo file = Resolve(path);
            return file.Exists && file.Length == 0 ? FindSpecial(file) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Opening it says what is wrong.
            return null;
        }
    }

    /// <summary>Whether a path, such as /dev/stdout, leads to an open pipe or socket that has no name of its own.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static bool IsNameless(string path) =>
        File.Exists(path) && Resolve(path) is { Exists: false } target && (target.Name.StartsWith("pipe:[", StringComparison.Ordinal) || target.Name.StartsWith("socket:[", StringComparison.Ordinal));

    private static FileInfo Resolve(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }

    // Of those that have no length. Which one it is .NET tells for archives alone.
    private static string? FindSpecial(FileInfo file)
    {
        using var content = new MemoryStream();
        try
        {
            using var archive = new TarWriter(content, leaveOpen: true);
            archive.WriteEntry(file.FullName, "file");
        }
        catch (IOException exception)
        {
            // Archives have no sockets. What is gone meanwhile, or held by another, is none.
            return FileLock.IsHeld(exception) || !File.Exists(file.FullName) ? null : "a socket";
        }

        content.Position = 0;
        using var reader = new TarReader(content);
        return reader.GetNextEntry()?.EntryType switch
        {
            TarEntryType.Fifo => "a pipe",
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "a device",
            _ => null,
        };
    }
}

/// <summary>Tells failures that end when there is room again.</summary>
internal static class DiskSpace
{
    private const int DiskFull = unchecked((int)0x80070070);

    /// <summary>
    /// Whether the disk or the user's share of it is full: ENOSPC (28), EDQUOT (122 on Linux, 69 on macOS), ERROR_DISK_FULL.
    /// </summary>
    public static bool IsUsedUp(Exception exception) => exception is IOException { HResult: DiskFull or 28 or 122 or 69 };
}

/// <summary>Finds out whether files can be made in a folder, which nothing but making one does.</summary>
internal static class FolderProbe
{
    /// <summary>Makes the folder where it is missing and an empty file in it, which is deleted at once.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="probe">Path of that file: it is what the messages of the system name.</param>
    /// <exception cref="IOException">No file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not allowed to.</exception>
    public static void Write(string folder, string probe)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
    }
}

/// <summary>Tells why a file that is opened for nobody else cannot be opened.</summary>
internal static class FileLock
{
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>
    /// Whether another has the file open: EWOULDBLOCK of flock on Linux (11) and macOS (35), ERROR_SHARING_VIOLATION on Windows.
    /// </summary>
    public static bool IsHeld(IOException exception) => exception.HResult is 11 or 35 or SharingViolation;
}
