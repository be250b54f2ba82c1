using ImageTrainer.Files;
using ImageTrainer.Imaging;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Data;

/// <summary>
/// Lists the visible files of folders, in ordinal order, following links to folders but never round in a circle.
/// Hidden entries and what file managers leave behind (Thumbs.db, .DS_Store, desktop.ini, __MACOSX) are passed over in silence; folders of thumbnails
/// and deleted files (@eaDir, $RECYCLE.BIN, lost+found) are told, each name once.
/// </summary>
internal sealed class FolderWalk
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly string _realRoot;
    private readonly List<IgnoredFile> _ignored = [];
    private readonly Dictionary<string, (string First, int Count)> _litter = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Prepares to walk folders of one data set.</summary>
    /// <param name="root">Full path of the data set's root, which exists.</param>
    public FolderWalk(string root) => (_root, _realRoot) = (root, RealPath.Of(root));

    /// <summary>The folders so far that could not be read, the links that were not followed, and the first folder of each name that is litter.</summary>
    public IReadOnlyList<IgnoredFile> Ignored =>
    [
        .. _ignored,
        .. _litter.Values.Select(litter => new IgnoredFile(
            litter.First, litter.Count == 1 ? FolderLitter.Reason : $"{FolderLitter.Reason}; {litter.Count} folders have this name")),
    ];

    /// <summary>Path from the data set's root, separated by '/'.</summary>
    public static string Relative(string root, string path)
    {
        string relative = Path.GetRelativePath(root, path);
        return Path.DirectorySeparatorChar == '/' ? relative : relative.Replace(Path.DirectorySeparatorChar, '/');
    }

    /// <summary>Why a file or folder that was listed cannot be found: .NET puts U+FFFD for what is not UTF-8 in a name.</summary>
    public static string NotFoundReason(string path) =>
        path.Contains('\uFFFD') ? "its name is not valid UTF-8" : "it leads to a file that does not exist";

    /// <summary>The visible files and folders directly in a folder, by name in ordinal order; none where it cannot be read.</summary>
    public IReadOnlyList<FileSystemInfo> Entries(string folder)
    {
        try
        {
            IEnumerable<FileSystemInfo> entries = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything);
            return [.. entries.Where(NoteLitter).Where(IsVisible).Where(IsFound).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (UnauthorizedAccessException)
        {
            _ignored.Add(new IgnoredFile(Relative(_root, folder), "the folder may not be read: access is denied", IsUnreadable: true));
        }
        catch (IOException failure)
        {
            _ignored.Add(new IgnoredFile(Relative(_root, folder), $"the folder cannot be read: {failure.Message.TrimEnd('.')}", IsUnreadable: true));
        }

        return [];
    }

    /// <summary>Whether a folder holds an image directly; asks no more files than it must.</summary>
    public static bool HasImages(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", Everything)
                .Any(file => !FolderLitter.Is(file.Name) && FileProbe.WhyNotAnImage(file.FullName) is null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever reads the folder says so.
            return false;
        }
    }

    /// <summary>Full paths of all visible files in a folder and the folders in it, each real folder once.</summary>
    public IReadOnlyList<string> Files(string folder)
    {
        var files = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // Links wait until the plain folders are done, so that a folder that can be reached both ways keeps its own name.
        var links = new Queue<string>([folder]);
        while (links.TryDequeue(out string? link))
        {
            string real = RealPath.Of(link);
            if (seen.Contains(real) || RealPath.IsWithin(_realRoot, real))
                _ignored.Add(new IgnoredFile(Relative(_root, link), "the link leads back to a folder that is read anyway"));
            else
                Visit(link, real, new Visited(files, seen, links));
        }

        return files;
    }

    private void Visit(string folder, string realFolder, Visited visited)
    {
        if (!visited.RealFolders.Add(realFolder))
            return;
        foreach (FileSystemInfo entry in Entries(folder))
        {
            if (entry is FileInfo)
                visited.Files.Add(entry.FullName);
            else if (entry.LinkTarget is not null)
                visited.Links.Enqueue(entry.FullName);
            else
                Visit(entry.FullName, Path.Join(realFolder, entry.Name), visited);
        }
    }

    private bool NoteLitter(FileSystemInfo entry)
    {
        if (entry is not DirectoryInfo || !FolderLitter.IsToldFolder(entry.Name)) return true;
        string relative = Relative(_root, entry.FullName);
        (string first, int count) = _litter.GetValueOrDefault(entry.Name, (relative, 0));
        // Folders list their entries in any order.
        _litter[entry.Name] = (string.CompareOrdinal(relative, first) < 0 ? relative : first, count + 1);
        return false;
    }

    private static bool IsVisible(FileSystemInfo entry) =>
        !FolderLitter.Is(entry.Name) && (IsLost(entry) || !entry.Attributes.HasFlag(FileAttributes.Hidden));

    // The name does not lead to the entry, which is then said to have every attribute.
    private static bool IsLost(FileSystemInfo entry) => (int)entry.Attributes == -1;

    private bool IsFound(FileSystemInfo entry)
    {
        // Files are left to whoever opens them.
        if (entry is FileInfo || !IsLost(entry)) return true;
        _ignored.Add(new IgnoredFile(Relative(_root, entry.FullName), NotFoundReason(entry.Name), IsUnreadable: true));
        return false;
    }

    private sealed record Visited(List<string> Files, HashSet<string> RealFolders, Queue<string> Links);
}

/// <summary>Tells images from other files by their first bytes. Safe to call from many threads.</summary>
internal static class FileProbe
{
    /// <summary>Says why a file is no image, or gives null where its first bytes are an image's.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="hashes">Takes the hash of an image, all of which is read then; null to read no more than its first bytes.</param>
    /// <returns>What was found, or null. Never throws for what the file is or how it is protected.</returns>
    public static ProbeFinding? WhyNotAnImage(string path, ContentHashMemo? hashes = null)
    {
        try
        {
            var file = new FileInfo(path);
            // Asked of the link's target, because a link has a length of its own.
            if (file.LinkTarget is not null)
                file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
            // Pipes, sockets and devices have length 0; opening one would wait for ever.
            if (file.Length == 0)
                return new ProbeFinding(FileKind.FindSpecial(file.FullName) is { } kind ? $"it is {kind}" : "it is empty", IsUnreadable: false);
            return Find(file.FullName, hashes is null ? null : hash => hashes.Remember(path, hash, new FileStamp(file.Length, file.LastWriteTimeUtc)));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ProbeFinding(FolderWalk.NotFoundReason(path), IsUnreadable: true);
        }
        catch (UnauthorizedAccessException)
        {
            return new ProbeFinding("it may not be read: access is denied", IsUnreadable: true);
        }
        catch (IOException failure)
        {
            return new ProbeFinding($"it cannot be read: {failure.Message.TrimEnd('.')}", IsUnreadable: true);
        }
    }

    /// <summary>Asks <see cref="WhyNotAnImage"/> of many files at once, because most of the time is spent waiting for the disk.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="hashes">Takes the hashes of images, or null.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <returns>The answers, in the order of the paths.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ProbeFinding?[] WhyNotImages(IReadOnlyList<string> paths, ContentHashMemo? hashes, CancellationToken cancellationToken)
    {
        var findings = new ProbeFinding?[paths.Count];
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, paths.Count, options, i => findings[i] = WhyNotAnImage(paths[i], hashes));
        return findings;
    }

    // A photo in a format that is not read is a photo all the same, and somebody misses it.
    private static ProbeFinding? Find(string path, Action<ContentHash>? remember)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[ImageFormats.HeaderLength];
        int length = 0;
        for (int count; length < header.Length && (count = RandomAccess.Read(file, header[length..], length)) > 0;)
            length += count;
        if (ImageFormats.Detect(header[..length]) is not null)
        {
            remember?.Invoke(ContentHasher.Hash(file, CancellationToken.None));
            return null;
        }

        return ImageFormats.DescribeForeignImage(header[..length]) is { } foreign
            ? new ProbeFinding(foreign, IsUnreadable: true)
            : new ProbeFinding("it is no image", IsUnreadable: false);
    }
}

/// <summary>Why <see cref="FileProbe"/> takes a file for no image.</summary>
/// <param name="Reason">One short clause without a full stop.</param>
/// <param name="IsUnreadable">Whether it may be one all the same, but cannot be opened.</param>
internal sealed record ProbeFinding(string Reason, bool IsUnreadable);
