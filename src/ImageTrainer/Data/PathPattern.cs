using System.Text.RegularExpressions;

namespace ImageTrainer.Data;

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
