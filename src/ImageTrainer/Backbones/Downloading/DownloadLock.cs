using ImageTrainer.Files;

namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// Keeps all other processes, and other downloads of this one, off a file while it is downloaded: an open, unshared
/// <c>NAME.lock</c>, which the operating system releases when its owner dies.
/// </summary>
internal sealed class DownloadLock : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private DownloadLock(FileStream file) => _file = file;

    /// <summary>Waits for the lock as long as its holder makes progress.</summary>
    /// <param name="targetPath">Full path of the file to be downloaded.</param>
    /// <param name="patience">Time to wait without seeing the holder's part grow.</param>
    /// <param name="watchdog">Expires after that time, or when the caller cancels.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="IOException">The lock cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The lock may not be written.</exception>
    /// <exception cref="OperationCanceledException">Nothing grew for that time, or the caller cancelled.</exception>
    public static async Task<DownloadLock> AcquireAsync(
        string targetPath, TimeSpan patience, Watchdog watchdog, TimeProvider timeProvider)
    {
        long seen = PartialFile.LengthOf(targetPath);
        while (true)
        {
            if (TryOpen(targetPath + ".lock") is { } file)
                return new DownloadLock(file);
            await Task.Delay(PollInterval, timeProvider, watchdog.Token).ConfigureAwait(false);
            long length = PartialFile.LengthOf(targetPath);
            if (length != seen)
                watchdog.Allow(patience);
            seen = length;
        }
    }

    /// <summary>
    /// Lets the next one in. The empty file stays: deleting it could leave two owners, one of the old file and one of the new.
    /// </summary>
    public void Dispose() => _file.Dispose();

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (FileLock.IsHeld(e))
        {
            return null;
        }
    }
}
