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
