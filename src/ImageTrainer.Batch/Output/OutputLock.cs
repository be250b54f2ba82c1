using ImageTrainer.Files;

namespace ImageTrainer.Batch.Output;

/// <summary>The open journal is the lock of an output: the operating system frees it with the process, however that ends.</summary>
internal static class OutputLock
{
    /// <summary>Opens the journal, or makes it with the folders on the way; nothing is made where the output is refused.</summary>
    /// <param name="files">The files of the output.</param>
    /// <param name="resume">Whether to go on with an output that is there.</param>
    /// <exception cref="ScoringRefusedException">
    /// The output is a folder or a device, cannot be written or is somebody's, or another process is writing it.
    /// </exception>
    /// <exception cref="ScoringOutputException">The disk is full, or fails: another time it may not.</exception>
    public static AppendedFile Take(OutputFiles files, bool resume)
    {
        OutputGuard.RequirePlace(files);
        if (!HasJournal(files) || (File.Exists(files.Final) && !resume)) OutputGuard.RequireFree(files, [], resume);
        OutputPlace.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(files.Final))!);
        return OutputPlace.Attempt(files.Journal, () => Open(files));
    }

    private static AppendedFile Open(OutputFiles files)
    {
        try
        {
            return AppendedFile.Open(files.Journal, FileShare.None);
        }
        catch (IOException exception) when (FileLock.IsHeld(exception))
        {
            throw new ScoringRefusedException(
                ScoringRefusal.Locked, $"Another process is writing '{files.Final}'; wait for it, or name another output.");
        }
    }

    // One that is empty says nothing.
    private static bool HasJournal(OutputFiles files) => new FileInfo(files.Journal) is { Exists: true, Length: > 0 };
}
