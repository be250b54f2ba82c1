using System.Text;
using ImageTrainer.Imaging;

namespace ImageTrainer.Csv;

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
    /// Finds what a list names: in the exact text first, because on Linux a name may hold a backslash, and begin or end with a space;
    /// then with '\' for
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

/// <summary>
/// Composes and decomposes letters with marks (NFC and NFD): file systems and tools write "é" as one character or as two. .NET does so
/// where it has
/// globalization data; the console runs without, and there GLib, which comes with libvips, does it. Safe for concurrent use.
/// </summary>
internal static unsafe class UnicodeForm
{
    private const int Decomposed = 0;
    private const int Composed = 1;
    private static readonly bool HasData = "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;
    private static readonly Lazy<(nint Normalize, nint Free)?> Library = new(Load);

    /// <summary>The text with letters and their marks as one character where there is one (NFC).</summary>
    public static string Compose(string text) => Change(text, NormalizationForm.FormC, Composed);

    /// <summary>The text with letters and their marks apart (NFD).</summary>
    public static string Decompose(string text) => Change(text, NormalizationForm.FormD, Decomposed);

    // Unpaired surrogates, which file systems can hold, have no form.
    private static string Change(string text, NormalizationForm form, int mode)
    {
        if (Ascii.IsValid(text) || text.EnumerateRunes().Contains(Rune.ReplacementChar)) return text;
        if (HasData) return text.Normalize(form);
        return Library.Value is { } library ? Change(text, mode, library) : text;
    }

    private static string Change(string text, int mode, (nint Normalize, nint Free) library)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            byte* changed = ((delegate* unmanaged[Cdecl]<byte*, nint, int, byte*>)library.Normalize)(start, bytes.Length, mode);
            if (changed == null) return text;
            int length = 0;
            while (changed[length] != 0) length++;
            string result = Encoding.UTF8.GetString(changed, length);
            ((delegate* unmanaged[Cdecl]<byte*, void>)library.Free)(changed);
            return result;
        }
    }

    // Without it texts stay as they are, which is no worse than not to know that they are alike.
    private static (nint Normalize, nint Free)? Load()
    {
        try
        {
            return (VipsLibrary.Export("g_utf8_normalize"), VipsLibrary.Export("g_free"));
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or ImageLibraryException)
        {
            return null;
        }
    }
}
