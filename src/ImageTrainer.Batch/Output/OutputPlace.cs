using ImageTrainer.Files;

namespace ImageTrainer.Batch.Output;

/// <summary>Opens the files of an output, and says of a place that it cannot be written before anything is.</summary>
internal static class OutputPlace
{
    /// <summary>
    /// Numbers of errors that trying again will not help: ENOTDIR and its like. On Unix: a file where a folder is wanted, read-only file
    /// system, name too long.
    /// </summary>
    private static readonly int[] ForGood = [17, 20, 30, 36];

    /// <summary>Opens a file, or makes it.</summary>
    /// <exception cref="ScoringRefusedException">It cannot be written there.</exception>
    /// <exception cref="ScoringOutputException">The disk is full, or fails: another time it may not.</exception>
    public static AppendedFile Open(string path) => Attempt(path, () => AppendedFile.Open(path));

    /// <summary>Makes a folder where it is missing.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static void CreateFolder(string folder) => Attempt(folder, () => Directory.CreateDirectory(folder));

    /// <summary>Does one step that makes or opens something.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static T Attempt<T>(string path, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception exception) when (IsForGood(exception))
        {
            throw new ScoringRefusedException(
                ScoringRefusal.NotWritable,
                $"'{path}' cannot be written to ({Reason(path, exception)}); make it writable, or name another output.");
        }
        catch (IOException exception)
        {
            throw new ScoringOutputException(path, exception.Message, exception);
        }
    }

    /// <summary>Whether a place can never be written to as it is, so that the command has to be another.</summary>
    private static bool IsForGood(Exception exception) =>
        exception is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException or PathTooLongException
        || (exception is IOException && !OperatingSystem.IsWindows() && ForGood.Contains(exception.HResult));

    /// <summary>Why, without the path, which the sentence has already.</summary>
    private static string Reason(string path, Exception exception) => exception switch
    {
        UnauthorizedAccessException => Directory.Exists(path) ? "it is a folder" : "access is denied",
        FileNotFoundException or DirectoryNotFoundException => "no file can be made there",
        _ => exception.Message.Split(" : '", 2)[0].TrimEnd('.'),
    };
}

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

    /// <summary>Opens the journal for nobody else.</summary>
    /// <exception cref="ScoringRefusedException">Another process has it open.</exception>
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

    /// <summary>Whether there is a journal that says something. One that is empty says nothing.</summary>
    private static bool HasJournal(OutputFiles files) => new FileInfo(files.Journal) is { Exists: true, Length: > 0 };
}
