using System.IO.Enumeration;
using ImageTrainer.Files;

namespace ImageTrainer.Batch.Listing;

/// <summary>An entry of a folder. Folders sort as if '/' were the end of their name, which gives whole paths their ordinal order.</summary>
/// <param name="Name">Name in its folder.</param>
/// <param name="IsFolder">Whether it is a folder, or a link to one.</param>
/// <param name="IsLink">Whether it is a link.</param>
internal readonly record struct FolderEntry(string Name, bool IsFolder, bool IsLink) : IComparable<FolderEntry>
{
    /// <summary>What it sorts by.</summary>
    private string SortKey => IsFolder ? Name + '/' : Name;

    /// <inheritdoc/>
    public int CompareTo(FolderEntry other) => string.CompareOrdinal(SortKey, other.SortKey);
}

/// <summary>
/// The visible entries of one folder in ordinal order, however many there are: a window of the smallest names is held, and the folder is
/// read again for the next window.
/// </summary>
internal static class SortedNames
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };
    private static readonly Comparer<FolderEntry> Descending = Comparer<FolderEntry>.Create((a, b) => b.CompareTo(a));

    /// <summary>Names the entries one by one.</summary>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="windowSize">Entries held at a time, 1 or more.</param>
    /// <param name="passedOver">Told of folders of thumbnails and deleted files, by name, maybe more than once.</param>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IEnumerable<FolderEntry> Of(string folder, int windowSize, Action<string>? passedOver = null)
    {
        // Names that are not UTF-8 may read alike, so the last one alone does not say where the next window begins.
        (FolderEntry? last, int givenCount) = (null, 0);
        while (true)
        {
            FolderEntry[] window = Smallest(() => Entries(folder, passedOver), last, givenCount, windowSize);
            foreach (FolderEntry entry in window) yield return entry;
            if (window.Length < windowSize) yield break;
            if (last?.CompareTo(window[^1]) != 0) givenCount = 0;
            last = window[^1];
            givenCount += window.Count(entry => entry.CompareTo(window[^1]) == 0);
        }
    }

    /// <summary>
    /// The smallest names behind one, in order: one pass over the folder with a heap of so many. Leaves out what sorts before a name, and
    /// so many that sort as it does.
    /// </summary>
    /// <param name="entries">Reads the folder.</param>
    /// <param name="after">The last name that was given; null at first.</param>
    /// <param name="givenCount">How many entries of that name were given.</param>
    /// <param name="count">How many to hold.</param>
    private static FolderEntry[] Smallest(Func<IEnumerable<FolderEntry>> entries, FolderEntry? after, int givenCount, int count)
    {
        int givenLeft = givenCount;
        // The largest of those held is at the top, to give way to a smaller one.
        var held = new PriorityQueue<FolderEntry, FolderEntry>(Descending);
        foreach (FolderEntry entry in entries())
        {
            int order = after is { } last ? entry.CompareTo(last) : 1;
            if (order < 0 || (order == 0 && givenLeft-- > 0)) continue;
            if (held.Count < count) held.Enqueue(entry, entry);
            else if (entry.CompareTo(held.Peek()) < 0) held.EnqueueDequeue(entry, entry);
        }

        return [.. held.UnorderedItems.Select(item => item.Element).Order()];
    }

    /// <summary>The visible entries as the file system has them, in no order.</summary>
    private static FileSystemEnumerable<FolderEntry> Entries(string folder, Action<string>? passedOver) => new(folder, Take, Everything)
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => IsVisible(ref entry, passedOver),
    };

    private static FolderEntry Take(ref FileSystemEntry entry) =>
        new(entry.FileName.ToString(), entry.IsDirectory, entry.Attributes.HasFlag(FileAttributes.ReparsePoint));

    /// <summary>Whether an entry counts: neither hidden nor litter of the system or of a photo program.</summary>
    private static bool IsVisible(ref FileSystemEntry entry, Action<string>? passedOver)
    {
        if (entry.IsDirectory && FolderLitter.IsToldFolder(entry.FileName)) passedOver?.Invoke(entry.FileName.ToString());
        return !entry.IsHidden && !FolderLitter.Is(entry.FileName);
    }
}
