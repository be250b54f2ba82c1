using ImageTrainer.Files;

namespace ImageTrainer.Batch.Listing;

/// <summary>
/// Lists every visible file of a folder and of the folders in it, in the ordinal order of their paths. Links to folders are followed,
/// but never back into what is listed anyway. A folder that cannot be read is listed as an unreadable image: nothing is left out in
/// silence.
/// </summary>
/// <param name="root">Path of the folder; paths of images begin with it.</param>
/// <param name="filter">Which paths from the root, separated by '/', are wanted; null for all.</param>
internal sealed class FolderSource(string root, PathFilter? filter = null) : IImageSource
{
    // About 10 MB of names; a folder of a million files is read ten times over, which is little beside opening them.
    private const int WindowSize = 100_000;
    private const int MostNamed = 5;

    private readonly string _realRoot = RealPath.KeepingCircles(root.Length == 0 ? "." : root);

    // Folders of thumbnails and deleted files, by the path of each.
    private readonly SortedSet<string> _litter = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Notices
    {
        get
        {
            if (_litter.Count == 0) return [];
            string more = _litter.Count > MostNamed ? $" and {_litter.Count - MostNamed} more" : "";
            return [$"Passed over in '{root}': {string.Join(", ", _litter.Take(MostNamed))}{more} ({FolderLitter.Reason})."];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List() =>
        Directory.Exists(root.Length == 0 ? "." : root)
            ? Walk("", [_realRoot])
            : throw new ScoringInputException(root, $"The folder '{root}' is gone.");

    private IEnumerable<ListedImage> Walk(string relative, IReadOnlyList<string> realFolders)
    {
        string folder = Full(relative.Length == 0 ? "." : relative);
        using IEnumerator<FolderEntry> entries = SortedNames.Of(folder, WindowSize, name => _litter.Add(relative + name)).GetEnumerator();
        while (true)
        {
            string? fault = TryMoveNext(entries, relative, out FolderEntry entry);
            if (fault is not null) yield return ListedImage.Unreadable(Full(relative), Full(relative), [], fault);
            if (fault is not null || entry.Name is null) yield break;
            foreach (ListedImage image in Visit(relative + entry.Name, entry, realFolders)) yield return image;
        }
    }

    private IEnumerable<ListedImage> Visit(string relative, FolderEntry entry, IReadOnlyList<string> realFolders)
    {
        if (!entry.IsFolder)
            return filter?.IsMatch(relative) ?? true ? [ListedImage.Of(Full(relative))] : [];
        if (filter is not null && !filter.CanMatchWithin(relative, entry.IsLink)) return [];
        return RealFolderOf(relative, entry, realFolders) is { } real ? Walk(relative + '/', [.. realFolders, real]) : [];
    }

    // Null of a link that leads back into what is listed anyway.
    private string? RealFolderOf(string relative, FolderEntry entry, IReadOnlyList<string> realFolders)
    {
        if (!entry.IsLink) return Path.Join(realFolders[^1], entry.Name);
        string real = RealPath.KeepingCircles(Full(relative));
        bool leadsBack = RealPath.IsWithin(real, _realRoot) || realFolders.Any(folder => RealPath.IsWithin(folder, real));
        return leadsBack ? null : real;
    }

    private string Full(string relative) => Path.Combine(root, relative);

    private static string? TryMoveNext(IEnumerator<FolderEntry> entries, string relative, out FolderEntry entry)
    {
        entry = default;
        try
        {
            if (entries.MoveNext()) entry = entries.Current;
            return null;
        }
        catch (DirectoryNotFoundException) when (relative.Contains('\uFFFD'))
        {
            return "the folder cannot be read: its name is not valid UTF-8";
        }
        catch (UnauthorizedAccessException)
        {
            return "the folder may not be read: access is denied";
        }
        catch (IOException exception)
        {
            return $"the folder cannot be read: {exception.Message.TrimEnd('.')}";
        }
    }
}
