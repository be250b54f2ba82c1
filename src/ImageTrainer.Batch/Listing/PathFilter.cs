using System.Text.RegularExpressions;

namespace ImageTrainer.Batch.Listing;

/// <summary>
/// A pattern for paths: <c>*</c> and <c>?</c> stand for text within a name, <c>**</c> for any number of folders. As in shells,
/// <c>**</c> follows no links. Immutable.
/// </summary>
public sealed class PathFilter
{
    private const string AnyFolders = "**";
    private static readonly char[] Wildcards = ['*', '?'];
    private readonly Regex _pattern;
    private readonly Regex?[] _segments;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">A text for which <see cref="IsPattern"/> is true: <c>photos/**/*.jpg</c>.</param>
    /// <exception cref="ArgumentException">The text has no wildcards.</exception>
    public PathFilter(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (!IsPattern(pattern)) throw new ArgumentException($"'{pattern}' has no wildcards.", nameof(pattern));
        string normal = OperatingSystem.IsWindows() ? pattern.Replace('\\', '/') : pattern;
        int startLength = normal.LastIndexOf('/', normal.IndexOfAny(Wildcards)) + 1;
        Start = normal[..startLength];
        string[] segments = normal[startLength..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments[^1] == AnyFolders) segments = [.. segments, "*"];
        string[] texts = [.. segments.Select(segment => segment == AnyFolders ? "(?:[^/]+/)*" : NameText(segment) + '/')];
        _pattern = Whole(string.Concat(texts).TrimEnd('/'));
        _segments = [.. segments.Select(segment => segment == AnyFolders ? null : Whole(NameText(segment)))];
    }

    /// <summary>The folder in which matching begins, as the pattern writes it; empty for the current one.</summary>
    public string Start { get; }

    /// <summary>Whether a text has wildcards.</summary>
    public static bool IsPattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.IndexOfAny(Wildcards) >= 0;
    }

    /// <summary>Whether a file matches.</summary>
    /// <param name="relative">Its path from <see cref="Start"/>, separated by '/'.</param>
    public bool IsMatch(string relative) => _pattern.IsMatch(relative);

    /// <summary>Whether a folder may hold files that match.</summary>
    /// <param name="relative">Its path from <see cref="Start"/>, separated by '/'.</param>
    /// <param name="isLink">Whether it is a link.</param>
    internal bool CanMatchWithin(string relative, bool isLink)
    {
        string[] names = relative.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            if (i >= _segments.Length - 1) return false;
            if (_segments[i] is not { } segment) return !isLink;
            if (!segment.IsMatch(names[i])) return false;
        }

        return true;
    }

    private static Regex Whole(string text) => new($@"\A{text}\z", RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private static string NameText(string segment) => Regex.Escape(segment)
        .Replace("\\*", "[^/]*", StringComparison.Ordinal)
        .Replace("\\?", "[^/]", StringComparison.Ordinal);
}
