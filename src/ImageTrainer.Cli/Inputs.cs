using System.Text;
using ImageTrainer.Imaging;
using Microsoft.Extensions.FileSystemGlobbing;

namespace ImageTrainer.Cli;

/// <summary>Turns what a user types for images into paths: a file, a folder, a pattern.</summary>
internal static class Inputs
{
    private static readonly char[] Wildcards = ['*', '?'];

    /// <summary>The image files that the arguments name, in the order given; within a folder or pattern in ordinal order.</summary>
    /// <param name="arguments">Files, folders (searched with all below them) and patterns with <c>*</c>, <c>**</c>.</param>
    /// <param name="notice">Told what was passed over.</param>
    /// <exception cref="UsageException">An argument names nothing.</exception>
    public static IEnumerable<string> Expand(IEnumerable<string> arguments, Action<string> notice) =>
        arguments.SelectMany(argument => Expand(argument, notice));

    /// <summary>Reads paths, one a line, from a text stream; empty lines are passed over.</summary>
    public static IEnumerable<string> ReadPaths(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0) yield return line;
        }
    }

    private static IEnumerable<string> Expand(string argument, Action<string> notice)
    {
        if (Directory.Exists(argument)) return ImagesIn(argument, notice);
        if (File.Exists(argument)) return [argument];
        if (argument.IndexOfAny(Wildcards) < 0)
            throw new UsageException($"There is no file or folder '{argument}'.");
        string[] found = Match(argument);
        return found.Length > 0 ? found : throw new UsageException($"No file matches '{argument}'.");
    }

    private static List<string> ImagesIn(string folder, Action<string> notice)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        var images = new List<string>();
        int otherCount = 0;
        foreach (string path in Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal))
        {
            if (LooksLikeImage(path)) images.Add(path);
            else otherCount++;
        }

        if (images.Count == 0) throw new UsageException($"The folder '{folder}' holds no image.");
        if (otherCount > 0) notice($"{otherCount} files in '{folder}' are no images and were passed over.");
        return images;
    }

    // A file that cannot be opened counts as an image: predicting it gives the error that the user must see.
    private static bool LooksLikeImage(string path)
    {
        try
        {
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

    private static string[] Match(string pattern)
    {
        string normal = OperatingSystem.IsWindows() ? pattern.Replace('\\', '/') : pattern;
        int rootEnd = normal.LastIndexOf('/', normal.IndexOfAny(Wildcards)) + 1;
        string root = rootEnd == 0 ? "." : normal[..rootEnd];
        if (!Directory.Exists(root)) return [];
        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddInclude(normal[rootEnd..]);
        return matcher.GetResultsInFullPath(root)
            .Select(path => rootEnd == 0 || !Path.IsPathRooted(normal) ? Path.GetRelativePath(Environment.CurrentDirectory, path) : path)
            .Order(StringComparer.Ordinal)
            .ToArray();
    }
}
