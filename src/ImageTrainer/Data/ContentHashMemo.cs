using System.Collections.Concurrent;

namespace ImageTrainer.Data;

/// <summary>
/// The content hashes that are known of a data set's files, shared by the parts the data set is split into, so that loading, splitting,
/// fingerprint, search for duplicates and features read each file once in all. Safe for concurrent use.
/// </summary>
internal sealed class ContentHashMemo
{
    private readonly ConcurrentDictionary<string, (ContentHash Hash, FileStamp Stamp)> _known = new(StringComparer.Ordinal);

    /// <summary>The hashes of files, in their order; those not known yet are computed, and of the others it does not matter whether they are still there.</summary>
    /// <inheritdoc cref="ContentHasher.HashFiles" path="/param|/exception"/>
    public ContentHash[] HashesOf(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        string[] unknown = [.. paths.Distinct(StringComparer.Ordinal).Where(path => !_known.ContainsKey(path))];
        FileStamp[] stamps = [.. unknown.Select(FileStamp.Of)];
        ContentHash[] computed = ContentHasher.HashFiles(unknown, cancellationToken);
        for (int i = 0; i < unknown.Length; i++)
            Remember(unknown[i], computed[i], stamps[i]);
        return [.. paths.Select(path => _known[path].Hash)];
    }

    /// <summary>The hash of a file that is known and has, by its length and time of change, not been written to since.</summary>
    public ContentHash? FindOfUnchanged(string path) =>
        _known.TryGetValue(path, out (ContentHash Hash, FileStamp Stamp) known) && known.Stamp == FileStamp.Of(path) ? known.Hash : null;

    /// <summary>Keeps a hash.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="stamp">What was known of it before it was read.</param>
    public void Remember(string path, ContentHash hash, FileStamp stamp) => _known[path] = (hash, stamp);
}

/// <summary>What changes when a file is written to.</summary>
/// <param name="Length">Its length in bytes; -1 where it cannot be found.</param>
/// <param name="LastWriteTimeUtc">When it was last written to.</param>
internal readonly record struct FileStamp(long Length, DateTime LastWriteTimeUtc)
{
    /// <summary>The stamp of a file now, or of what a link leads to; asking for it opens nothing. Never throws.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return new FileStamp(file.Length, file.LastWriteTimeUtc);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new FileStamp(-1, default);
        }
    }
}
