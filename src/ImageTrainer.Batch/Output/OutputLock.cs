namespace ImageTrainer.Batch.Output;

/// <summary>The open journal is the lock of an output: the operating system frees it with the process, however that ends.</summary>
internal static class OutputLock
{
    /// <summary>Opens the journal, or makes it with the folders on the way.</summary>
    /// <exception cref="ScoringRefusedException">The output is a folder, or another process is writing it.</exception>
    /// <exception cref="ScoringOutputException">The journal cannot be opened.</exception>
    public static AppendedFile Take(OutputFiles files)
    {
        if (Path.EndsInDirectorySeparator(files.Final) || Directory.Exists(files.Final))
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, $"'{files.Final}' is a folder; name a file, such as '{Path.Join(files.Final, "scores.csv")}'.");
        CreateFolder(Path.GetDirectoryName(Path.GetFullPath(files.Final))!);
        try
        {
            return AppendedFile.Open(files.Journal, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ScoringOutputException(files.Journal, "access is denied", exception);
        }
        catch (IOException exception) when (IsLocked(exception))
        {
            throw new ScoringRefusedException(
                ScoringRefusal.Locked, $"Another process is writing '{files.Final}'; wait for it, or name another output.");
        }
        catch (IOException exception)
        {
            throw new ScoringOutputException(files.Journal, exception.Message, exception);
        }
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScoringOutputException(folder, exception.Message, exception);
        }
    }

    // EWOULDBLOCK of flock on Linux (11) and macOS (35), ERROR_SHARING_VIOLATION on Windows.
    private static bool IsLocked(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
