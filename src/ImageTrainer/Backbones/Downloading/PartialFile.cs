using System.Security.Cryptography;
using ImageTrainer.Files;

namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// What has arrived of a file so far: <c>NAME.part</c>, and beside it in <c>NAME.part.etag</c> the server's entity tag for the
/// version it is a part of. Without the tag a part is never continued: the two halves could be of different files.
/// Not safe for concurrent use; the <see cref="DownloadLock"/> sees to that.
/// </summary>
internal sealed class PartialFile(string targetPath)
{
    private readonly string _tagPath = targetPath + ".part.etag";

    /// <summary>Full path of the part.</summary>
    public string Path { get; } = targetPath + ".part";

    /// <summary>Bytes in the part; 0 where there is none.</summary>
    public long Length => LengthOf(targetPath);

    /// <summary>Bytes of the part of <paramref name="targetPath"/>, whoever is writing it; 0 where there is none.</summary>
    public static long LengthOf(string targetPath)
    {
        var file = new FileInfo(targetPath + ".part");
        return file.Exists ? file.Length : 0;
    }

    /// <summary>The entity tag under which the part can be continued, or null where it has to begin again.</summary>
    public string? ResumeTag()
    {
        if (Length == 0 || !File.Exists(_tagPath))
            return null;
        string tag = File.ReadAllText(_tagPath);
        return tag.Length > 0 ? tag : null;
    }

    /// <summary>Empties the part and notes the entity tag of the version that follows; null where the server gave none.</summary>
    public void Begin(string? tag)
    {
        // In this order a process killed in between leaves a part without a tag, never one with the wrong tag.
        Discard();
        if (tag is not null)
            File.WriteAllText(_tagPath, tag);
    }

    /// <summary>Opens the part for the bytes that follow, unbuffered: what is written survives a kill. The caller disposes.</summary>
    public FileStream OpenAppend() =>
        new(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Deletes the part and its tag.</summary>
    public void Discard()
    {
        File.Delete(_tagPath);
        File.Delete(Path);
    }

    /// <summary>Moves the part to where the whole file belongs, in one step.</summary>
    public void Complete()
    {
        File.Move(Path, targetPath, overwrite: true);
        File.Delete(_tagPath);
    }
}

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

/// <summary>SHA-256 of whole files, and its comparison with what a publisher says.</summary>
internal static class FileDigest
{
    /// <summary>SHA-256 of a file: 64 lower-case hex digits.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static string Sha256(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Whether a full digest begins with the digits expected.</summary>
    /// <param name="digest">64 lower-case hex digits.</param>
    /// <param name="expected">8 to 64 of them, in either case.</param>
    public static bool Matches(string digest, string expected) => digest.StartsWith(expected, StringComparison.OrdinalIgnoreCase);
}
