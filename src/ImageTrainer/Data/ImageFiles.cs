using System.Text.RegularExpressions;
using ImageTrainer.Imaging;

namespace ImageTrainer.Data;

/// <summary>Finds the files that somebody means by a path: a file, a folder, or a pattern.</summary>
public static class ImageFiles
{
    private const int MostNamed = 5;

    /// <summary>
    /// The image files at a path, in ordinal order: of a folder those in it and below it, told by their content, without litter such as
    /// thumbnail caches; of a pattern with <c>*</c>, <c>**</c> or <c>?</c> the files that match; else the path itself, whether a file
    /// is there or not, so
    /// that predicting it gives the error. Files that cannot be opened count as images for the same reason.
    /// </summary>
    /// <param name="path">The path; relative ones are relative to the current folder, and stay so in the result.</param>
    /// <param name="notice">Told in whole sentences what was passed over; or null.</param>
    public static IReadOnlyList<string> Find(string path, Action<string>? notice = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) return ImagesIn(path, notice);
        return File.Exists(path) || !PathPattern.IsPattern(path) ? [path] : new PathPattern(path).Match();
    }

    private static List<string> ImagesIn(string folder, Action<string>? notice)
    {
        string root = Path.GetFullPath(folder);
        var walk = new FolderWalk(root);
        ILookup<bool, string> files = walk.Entries(root)
            .SelectMany(entry => entry is DirectoryInfo ? walk.Files(entry.FullName) : [entry.FullName])
            .Select(path => Path.GetRelativePath(root, path))
            .Order(StringComparer.Ordinal)
            .Select(relative => Path.Combine(folder, relative))
            .ToLookup(LooksLikeImage);
        foreach (IgnoredFile ignored in walk.Ignored) notice?.Invoke($"Passed over in '{folder}': {ignored.RelativePath} ({ignored.Reason}).");
        List<string> images = [.. files[true]];
        string[] others = [.. files[false]];
        if (images.Count > 0 && others.Length > 0) notice?.Invoke(Describe(others, folder));
        return images;
    }

    private static string Describe(string[] others, string folder)
    {
        string more = others.Length > MostNamed ? $" and {others.Length - MostNamed} more" : "";
        return $"Passed over in '{folder}', no images: {string.Join(", ", others.Take(MostNamed))}{more}.";
    }

    // A file that cannot be opened counts as an image: predicting it gives the error that the user must see.
    private static bool LooksLikeImage(string path)
    {
        try
        {
            var target = (FileInfo?)new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(path);
            // Pipes, sockets and devices have length 0 too; opening one would wait for ever.
            if (target.Exists && target.Length == 0) return false;
            Span<byte> header = stackalloc byte[ImageFormats.HeaderLength];
            using FileStream file = File.OpenRead(path);
            int length = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            return ImageFormats.Detect(header[..length]) is not null || ImageFormats.DescribeForeignImage(header[..length]) is not null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}

/// <summary>
/// A path with wildcards, for shells that leave them to the program: <c>*</c> and <c>?</c> within a name, <c>**</c> for any folders
/// between. As in shells, hidden files and folders are not matched, and <c>**</c> follows no links.
/// </summary>
internal sealed class PathPattern
{
    private const string AnyFolders = "**";
    private static readonly char[] Wildcards = ['*', '?'];
    private readonly string _start;
    private readonly string[] _segments;

    /// <summary>Reads a pattern; <see cref="IsPattern"/> is true of it.</summary>
    public PathPattern(string pattern)
    {
        string normal = OperatingSystem.IsWindows() ? pattern.Replace('\\', '/') : pattern;
        int startLength = normal.LastIndexOf('/', normal.IndexOfAny(Wildcards)) + 1;
        _start = normal[..startLength];
        string[] segments = normal[startLength..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        _segments = segments[^1] == AnyFolders ? [.. segments, "*"] : segments;
    }

    /// <summary>Whether a text has wildcards.</summary>
    public static bool IsPattern(string text) => text.IndexOfAny(Wildcards) >= 0;

    /// <summary>The files that match, in ordinal order, written as the pattern is: relative or not.</summary>
    public IReadOnlyList<string> Match()
    {
        string start = Path.GetFullPath(_start.Length == 0 ? "." : _start);
        if (!Directory.Exists(start)) return [];
        IEnumerable<string> found = Match(new FolderWalk(start), start, at: 0);
        return [.. found.Distinct().Select(path => _start + FolderWalk.Relative(start, path)).Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string> Match(FolderWalk walk, string folder, int at)
    {
        IReadOnlyList<FileSystemInfo> entries = walk.Entries(folder);
        IEnumerable<DirectoryInfo> folders = entries.OfType<DirectoryInfo>();
        if (_segments[at] == AnyFolders)
            return Match(walk, folder, at + 1)
                .Concat(folders.Where(inner => inner.LinkTarget is null).SelectMany(inner => Match(walk, inner.FullName, at)));
        Regex name = NamePattern(_segments[at]);
        return at == _segments.Length - 1
            ? entries.OfType<FileInfo>().Where(file => name.IsMatch(file.Name)).Select(file => file.FullName)
            : folders.Where(inner => name.IsMatch(inner.Name)).SelectMany(inner => Match(walk, inner.FullName, at + 1));
    }

    private static Regex NamePattern(string segment)
    {
        string escaped = Regex.Escape(segment)
            .Replace("\\*", ".*", StringComparison.Ordinal)
            .Replace("\\?", ".", StringComparison.Ordinal);
        return new Regex($@"\A{escaped}\z", RegexOptions.Singleline);
    }
}
