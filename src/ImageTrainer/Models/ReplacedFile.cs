namespace ImageTrainer.Models;

/// <summary>Writes a file to a temporary one beside it and then moves it there, so that no reader ever sees half of one.</summary>
internal static class ReplacedFile
{
    /// <summary>Writes a file; an existing one is replaced, and stays as it is where writing fails.</summary>
    /// <param name="path">Path of the file; missing folders are created.</param>
    /// <param name="write">Writes the content to a seekable stream.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
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
        finally
        {
            File.Delete(temporary);
        }
    }
}
