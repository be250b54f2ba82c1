using System.ComponentModel.DataAnnotations;
using ImageTrainer.Files;

namespace ImageTrainer.Featurizing;

/// <summary>
/// Merging and evicting, by one process at a time: whoever holds the cache folder's lock file, which the system lets go when a process dies.
/// Only closed segments are touched; a reader that has one open keeps reading it after it is deleted.
/// </summary>
internal sealed class FeatureCacheUpkeep : IDisposable
{
    private const string LockName = ".lock";

    /// <summary>Bytes taken into one merge at most, so that opening a cache never takes long.</summary>
    private const long MaxMergeLength = 64L << 20;

    /// <summary>Segments shorter than this are worth merging.</summary>
    private const long SmallLength = 16L << 20;

    /// <summary>So many small segments start a merge.</summary>
    private const int SmallCount = 8;

    /// <summary>A lock is held for the time of a merge, well below a second; waiting any longer costs more than going without.</summary>
    private const int LockAttemptCount = 100;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    private readonly FeatureCacheOptions _options;
    private readonly FileStream _lock;

    private FeatureCacheUpkeep(FeatureCacheOptions options, FileStream @lock) => (_options, _lock) = (options, @lock);

    /// <summary>Takes the lock; null where that is impossible or takes longer than two seconds.</summary>
    public static FeatureCacheUpkeep? TryBegin(FeatureCacheOptions options)
    {
        for (int attempt = 0; attempt < LockAttemptCount; attempt++)
        {
            try
            {
                string path = Path.Combine(options.Folder, LockName);
                return new FeatureCacheUpkeep(options, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException exception) when (FileLock.IsHeld(exception))
            {
                Thread.Sleep(LockPause);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Full paths of a network's segments, in ordinal order; foreign files are left out.</summary>
    public static string[] SegmentPaths(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*" + FeatureCacheSegment.Extension).Order(StringComparer.Ordinal)];

    /// <summary>A name that no other process will choose.</summary>
    public static string NewSegmentPath(string folder) => Path.Combine(folder, Guid.NewGuid().ToString("N") + FeatureCacheSegment.Extension);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>To be called under the lock. Replaces many small closed segments of a network by one, leaving out what is damaged or double.</summary>
    /// <returns>Damaged records left out.</returns>
    public static long Merge(string folder, FeatureCacheFormat format)
    {
        try
        {
            foreach (string leftover in Directory.EnumerateFiles(folder, "*" + FeatureCacheSegment.TemporaryExtension))
                File.Delete(leftover);
            string[] small = SmallSegments(folder, format);
            return small.Length < SmallCount ? 0 : Merge(small, folder, format);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A merge saves time later and nothing else: every segment is still there, or its records are in the merged one.
            return 0;
        }
    }

    /// <summary>Deletes closed segments, of any network, oldest first, until the folder keeps to its limit.</summary>
    public void Evict()
    {
        try
        {
            FileInfo[] segments = [.. new DirectoryInfo(_options.Folder)
                .EnumerateFiles("*" + FeatureCacheSegment.Extension, SearchOption.AllDirectories)
                .OrderBy(file => file.LastWriteTimeUtc)
                .ThenBy(file => file.FullName, StringComparer.Ordinal)];
            long excess = segments.Sum(file => file.Length) - _options.MaxByteCount;
            foreach (FileInfo segment in segments.TakeWhile(_ => excess > 0))
            {
                if (!FeatureCacheSegment.IsClosed(segment.FullName))
                    continue;
                excess -= segment.Length;
                segment.Delete();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What could not be deleted now is tried again by the next run.
        }
    }

    /// <summary>The closed segments of this network that are worth merging, as many as go into one merge.</summary>
    private static string[] SmallSegments(string folder, FeatureCacheFormat format)
    {
        var small = new List<string>();
        long length = 0;
        foreach (string path in SegmentPaths(folder))
        {
            if (new FileInfo(path).Length >= SmallLength || !FeatureCacheSegment.IsClosed(path))
                continue;
            using FeatureCacheSegment? segment = FeatureCacheSegment.OpenRead(path, format);
            length += segment?.Length ?? 0;
            if (length > MaxMergeLength)
                break;
            if (segment is not null)
                small.Add(path);
        }

        return [.. small];
    }

    /// <summary>Killed half-way, this leaves a temporary file, or records that are there twice: both are cleared up by the next merge.</summary>
    private static long Merge(string[] paths, string folder, FeatureCacheFormat format)
    {
        DateTime newest = paths.Max(File.GetLastWriteTimeUtc);
        long damagedCount = 0;
        using (FeatureCacheSegment merged = FeatureCacheSegment.Create(NewSegmentPath(folder), format))
        {
            var known = new HashSet<string>(StringComparer.Ordinal);
            foreach (string path in paths)
                damagedCount += Copy(path, merged, known, format);
            merged.Flush();
            merged.Publish();
            File.SetLastWriteTimeUtc(merged.Path, newest);
        }

        foreach (string path in paths)
            File.Delete(path);
        return damagedCount;
    }

    private static long Copy(string path, FeatureCacheSegment target, HashSet<string> known, FeatureCacheFormat format)
    {
        using FeatureCacheSegment? source = FeatureCacheSegment.OpenRead(path, format);
        if (source is null)
            return 0;
        long damagedCount = source.EndsTorn ? 1 : 0;
        byte[] record = new byte[format.RecordLength];
        for (int i = 0; i < source.RecordCount; i++)
        {
            if (!source.TryRead(i, record))
                damagedCount++;
            else if (known.Add(Convert.ToHexString(record.AsSpan(0, FeatureCacheFormat.HashLength))))
                target.AppendRecord(record);
        }

        return damagedCount;
    }
}

/// <summary>Where computed features are kept between runs, and how much of them.</summary>
public sealed record FeatureCacheOptions
{
    /// <summary>Folder of the cache; made when missing. May be shared by any number of processes, and deleted at any time.</summary>
    [Required]
    public required string Folder { get; init; }

    /// <summary>Bytes the folder may hold, 0 or more, over all networks; beyond them the oldest files go first. Default 4 GiB.</summary>
    [Range(typeof(long), "0", "9223372036854775807", ErrorMessage = "The field {0} must be 0 or more.")]
    public long MaxByteCount { get; init; } = 4L << 30;
}
