using System.Collections.Concurrent;

namespace ImageTrainer.Data;

/// <summary>
/// The content hashes that are known of a data set's files, shared by the parts the data set is split into, so that splitting, fingerprint
/// and search for duplicates read each file once in all. Safe for concurrent use.
/// </summary>
internal sealed class ContentHashMemo
{
    private readonly ConcurrentDictionary<string, ContentHash> _hashes = new(StringComparer.Ordinal);

    /// <summary>The hashes of files, in their order; those not known yet are computed.</summary>
    /// <inheritdoc cref="ContentHasher.HashFiles" path="/param|/exception"/>
    public ContentHash[] HashesOf(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        string[] unknown = [.. paths.Distinct(StringComparer.Ordinal).Where(path => !_hashes.ContainsKey(path))];
        ContentHash[] computed = ContentHasher.HashFiles(unknown, cancellationToken);
        for (int i = 0; i < unknown.Length; i++)
            _hashes[unknown[i]] = computed[i];
        return [.. paths.Select(path => _hashes[path])];
    }
}
