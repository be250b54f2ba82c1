using System.Formats.Tar;

namespace ImageTrainer;

/// <summary>Tells pipes, sockets and devices from files: whoever opens one may wait for ever.</summary>
internal static class SpecialFile
{
    /// <summary>What it is, as a clause.</summary>
    public const string Reason = "it is no file but a pipe, a socket or a device";

    /// <summary>
    /// Whether a path leads to one, itself or by links. False where there is nothing, or nothing can be told: opening it says what is wrong.
    /// </summary>
    /// <param name="path">Any text.</param>
    public static bool IsAt(string path)
    {
        try
        {
            var file = new FileInfo(path);
            // Asked of the link's target, because a link has a length of its own.
            if (file.LinkTarget is not null) file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists && Is(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Whether this is one; nothing is opened to learn it but a file that is empty.</summary>
    /// <param name="file">It exists, and is no link.</param>
    public static bool Is(FileInfo file)
    {
        // They have length 0. Which file is one .NET tells for archives alone.
        if (file.Length > 0) return false;
        try
        {
            using var content = new MemoryStream();
            using (var archive = new TarWriter(content, leaveOpen: true)) archive.WriteEntry(file.FullName, "file");
            content.Position = 0;
            using var reader = new TarReader(content);
            return reader.GetNextEntry()!.EntryType != TarEntryType.RegularFile;
        }
        catch (IOException)
        {
            // Archives have no sockets.
            return true;
        }
    }
}
