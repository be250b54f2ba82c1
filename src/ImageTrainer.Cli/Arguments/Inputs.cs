using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Arguments;

/// <summary>Turns what a user types for images into paths: a file, a folder, a pattern.</summary>
internal static class Inputs
{
    private const int MostNamed = 5;

    /// <summary>
    /// The image files that the arguments name, in the order given; within a folder or pattern in ordinal order. A file that is named and
    /// missing is among them, as is a folder or pattern without images beside others with some: to predict it gives the error that the
    /// user must see.
    /// </summary>
    /// <param name="arguments">Files, folders (searched with all below them) and patterns with <c>*</c>, <c>**</c>, <c>?</c>.</param>
    /// <param name="notice">Told what was passed over.</param>
    /// <exception cref="UsageException">There is nothing but patterns and folders without images, first a pattern.</exception>
    /// <exception cref="DatasetException">There is nothing but patterns and folders without images, first a folder.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> arguments, Action<string> notice)
    {
        (string Argument, IReadOnlyList<string> Paths)[] found = [.. arguments.Select(argument => (argument, Find(argument, notice)))];
        if (found.Length > 0 && found.All(one => one.Paths.Count == 0)) throw NothingIn(found[0].Argument);
        foreach ((string argument, _) in found.Where(one => one.Paths.Count == 0)) notice(NothingIn(argument).Message);
        return [.. found.SelectMany(one => one.Paths.Count == 0 ? [one.Argument] : one.Paths)];
    }

    private static IReadOnlyList<string> Find(string argument, Action<string> notice)
    {
        if (Directory.Exists(argument)) return ImagesIn(argument, notice);
        return File.Exists(argument) || !PathPattern.IsPattern(argument) ? [argument] : new PathPattern(argument).Match();
    }

    private static Exception NothingIn(string argument) => Directory.Exists(argument)
        ? new DatasetException(Path.GetFullPath(argument), $"The folder '{argument}' has no images; name images, or a folder with some.")
        : new UsageException($"No file matches '{argument}'.");

    private static List<string> ImagesIn(string folder, Action<string> notice)
    {
        string root = Path.GetFullPath(folder);
        var walk = new FolderWalk(root);
        ILookup<bool, string> files = walk.Entries(root)
            .SelectMany(entry => entry is DirectoryInfo ? walk.Files(entry.FullName) : [entry.FullName])
            .Select(path => Path.GetRelativePath(root, path))
            .Order(StringComparer.Ordinal)
            .Select(relative => Path.Combine(folder, relative))
            .ToLookup(LooksLikeImage);
        foreach (IgnoredFile ignored in walk.Ignored) notice($"Passed over in '{folder}': {ignored.RelativePath} ({ignored.Reason}).");
        List<string> images = [.. files[true]];
        string[] others = [.. files[false]];
        if (images.Count > 0 && others.Length > 0) notice(Describe(others, folder));
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
            return ImageFormats.Detect(header[..length]) is not null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
