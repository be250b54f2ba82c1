using ImageTrainer.Data;

namespace ImageTrainer.Cli.Arguments;

/// <summary>Turns what a user types for images into paths: a file, a folder, a pattern.</summary>
internal static class Inputs
{
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
        (string Argument, IReadOnlyList<string> Paths)[] found =
            [.. arguments.Select(argument => (argument, ImageFiles.Find(argument, notice)))];
        if (found.Length > 0 && found.All(one => one.Paths.Count == 0)) throw NothingIn(found[0].Argument);
        foreach ((string argument, _) in found.Where(one => one.Paths.Count == 0)) notice(NothingIn(argument).Message);
        return [.. found.SelectMany(one => one.Paths.Count == 0 ? [one.Argument] : one.Paths)];
    }

    private static Exception NothingIn(string argument) => Directory.Exists(argument)
        ? new DatasetException(Path.GetFullPath(argument), $"The folder '{argument}' has no images; name images, or a folder with some.")
        : new UsageException($"No file matches '{argument}'.");
}
