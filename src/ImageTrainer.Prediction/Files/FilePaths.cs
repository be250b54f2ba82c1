namespace ImageTrainer.Files;

/// <summary>Finds the files that lists name, in whatever spelling they name them.</summary>
internal static class FilePaths
{
    private static readonly string[] ImageExtensions =
        [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jfif", ".jpe", ".heic"];

    /// <summary>Whether a text ends like an image's name.</summary>
    public static bool IsImageName(string text) =>
        ImageExtensions.Any(extension => text.AsSpan().TrimEnd().EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a text is an address of the network and no path.</summary>
    public static bool IsAddress(string text) => text.IndexOf("://", StringComparison.Ordinal) is > 1 and < 16 && char.IsAsciiLetter(text[0]);

    /// <summary>
    /// Finds what a list names: in the exact text first, because on Linux a name may hold a backslash, and begin or end with a space; then with '\' for
    /// '/', without spaces, in another Unicode composition, and with the extension of an image where the list gives ids.
    /// </summary>
    /// <param name="path">As the list writes it.</param>
    /// <param name="folder">The folder that it is relative to.</param>
    public static FoundFile Find(string path, string folder)
    {
        string[] spellings = [.. new[] { path, path.Replace('\\', '/'), path.Trim().Replace('\\', '/') }.Distinct().Where(IsPossible)];
        if (spellings.Select(spelling => Path.GetFullPath(spelling, folder)).FirstOrDefault(File.Exists) is { } file)
            return new FoundFile(file);
        foreach (string spelling in spellings)
        {
            if (FindComposed(spelling, folder) is { } composed) return new FoundFile(composed, IsComposedOtherwise: true);
            string[] complete = IsImageName(spelling) ? [] : Complete(Path.GetFullPath(spelling, folder));
            if (complete.Length > 0) return new FoundFile(complete.Length == 1 ? complete[0] : null, Candidates: complete);
        }

        return new FoundFile(null);
    }

    /// <summary>Whether a path has to be looked for at all: another one is where it says, or nowhere.</summary>
    public static bool MayBeElsewhere(string path) =>
        path.Contains('\\', StringComparison.Ordinal) || !IsImageName(path) || !System.Text.Ascii.IsValid(path) || char.IsWhiteSpace(path[0]) || char.IsWhiteSpace(path[^1]);

    private static bool IsPossible(string spelling) => spelling.Length > 0 && !spelling.Contains('\0', StringComparison.Ordinal);

    private static string[] Complete(string path)
    {
        if (Path.EndsInDirectorySeparator(path)) return [];
        IEnumerable<string> all = ImageExtensions.SelectMany(extension => new[] { path + extension, path + extension.ToUpperInvariant() });
        string[] found = [.. all.Where(File.Exists)];
        // Where letter case makes no difference, two spellings are one file.
        return found.Length == 2 && found[0].Equals(found[1], StringComparison.OrdinalIgnoreCase)
            && Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(found[0]), new EnumerationOptions { MatchCasing = MatchCasing.CaseInsensitive }).Length == 1
                ? [found[0]]
                : found;
    }

    // Each name on the way may be composed in its own manner.
    private static string? FindComposed(string path, string folder)
    {
        if (System.Text.Ascii.IsValid(path)) return null;
        string found = Path.IsPathRooted(path) ? Path.GetPathRoot(path)! : folder;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] spellings = [name, UnicodeForm.Compose(name), UnicodeForm.Decompose(name)];
            if (spellings.Select(spelling => Path.Join(found, spelling)).FirstOrDefault(Path.Exists) is not { } next) return null;
            found = next;
        }

        return File.Exists(found) ? Path.GetFullPath(found) : null;
    }
}

/// <summary>What was found under a listed path.</summary>
/// <param name="File">Full path of the file, or null.</param>
/// <param name="IsComposedOtherwise">Whether its name is the listed one in another Unicode composition.</param>
/// <param name="Candidates">The files that the path means when an extension is added; more than one where it is not clear which.</param>
internal readonly record struct FoundFile(string? File, bool IsComposedOtherwise = false, IReadOnlyList<string>? Candidates = null);
