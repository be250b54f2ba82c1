namespace ImageTrainer.Files;

/// <summary>
/// Writes a file to a temporary one beside it and then moves it there, so that no reader ever sees half of one. A link stays a link: what
/// it leads to is replaced.
/// </summary>
internal static class ReplacedFile
{
    /// <summary>Writes a file; an existing one is replaced, and stays as it is where writing fails.</summary>
    /// <param name="path">Path of the file; missing folders are created.</param>
    /// <param name="write">Writes the content to a seekable stream.</param>
    /// <exception cref="IOException">The file cannot be written, or is none: a folder, a device, a pipe.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write) => WriteOver(FindTarget(path), write);

    /// <summary>Writes a file without following links: one that is at the path is replaced itself, and what it leads to stays.</summary>
    /// <param name="target">Full path of the file; missing folders are created.</param>
    /// <param name="write">Writes the content to a stream that can seek and be read.</param>
    /// <exception cref="IOException">The file cannot be written, or there is a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void WriteOver(string target, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(temporary))
            {
                write(stream);
                // Else a power cut could leave the new name with nothing behind it.
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (IOException exception) when (exception.Message.Contains(temporary, StringComparison.Ordinal))
        {
            throw new IOException(exception.Message.Replace(temporary, target, StringComparison.Ordinal), exception);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Copies a file over another, or to where there is none.</summary>
    /// <param name="source">Path of the file to copy.</param>
    /// <param name="path">Path of the copy; missing folders are created.</param>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void Copy(string source, string path)
    {
        using FileStream content = File.OpenRead(source);
        Write(path, content.CopyTo);
    }

    /// <summary>The full path of the file that is replaced, whatever links lead to it; nothing is written.</summary>
    /// <param name="path">The path as it is given; nothing need be there.</param>
    /// <exception cref="IOException">There is a folder, a device or a pipe, or links lead in a circle.</exception>
    public static string FindTarget(string path)
    {
        var file = new FileInfo(Path.GetFullPath(path));
        if (file.LinkTarget is not null) file = new FileInfo(file.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        if (Directory.Exists(file.FullName) || Path.EndsInDirectorySeparator(file.FullName))
            throw new IOException($"'{path}' is a folder, and no file can take its place.");
        if (FileKind.FindSpecial(file.FullName) is { } kind)
            throw new IOException($"'{path}' is {kind}, and no file can take its place.");
        return file.FullName;
    }
}
