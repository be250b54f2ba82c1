using System.Buffers;
using System.Text;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Runs;

/// <summary>Turns what a user types for images into paths: a file, a folder, a pattern.</summary>
internal static class ImageInputs
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

    /// <summary>
    /// What is wrong with an argument that stands for no image: a folder is a fault of the data, a pattern one of the command line.
    /// </summary>
    private static Exception NothingIn(string argument) => Directory.Exists(argument)
        ? new DatasetException(Path.GetFullPath(argument), $"The folder '{argument}' has no images; name images, or a folder with some.")
        : new UsageException($"No file matches '{argument}'.");
}

/// <summary>What came through standard input: the bytes of one image, or the paths of many, one a line.</summary>
/// <param name="Image">The image, or null where paths came.</param>
/// <param name="Paths">The paths; empty where an image came.</param>
internal sealed record PipedInput(ReadOnlyMemory<byte>? Image, IReadOnlyList<string> Paths)
{
    /// <summary>The last of ASCII's control characters; a list that NUL separates has none of them but NUL.</summary>
    private const byte LastControl = 0x1F;

    /// <summary>
    /// The bytes that no list of paths holds. A name may have any of them but NUL; those below tab stand in none that anybody lists.
    /// </summary>
    private static readonly SearchValues<byte> BinaryControls = SearchValues.Create([0, 1, 2, 3, 4, 5, 6, 7, 8]);

    /// <summary>
    /// Reads a stream to its end. Text is a list of paths, whose empty lines are passed over and whose bytes that are no UTF-8 become
    /// U+FFFD, a file that is not found; anything else is taken for an image, also one of a kind that is known and not read.
    /// </summary>
    /// <exception cref="UsageException">There is nothing in it, or a list that is not separated by line ends.</exception>
    public static PipedInput Read(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        ReadOnlyMemory<byte> content = copy.GetBuffer().AsMemory(0, (int)copy.Length);
        if (IsListOfNuls(content.Span))
            throw new UsageException(
                "The paths on standard input are separated by NUL; separate them by line ends, as `find` does without -print0.");
        if (!IsList(content.Span)) return new PipedInput(content, []);
        string text = Encoding.UTF8.GetString(content.Span).TrimStart('\uFEFF');
        string[] paths = text.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries);
        return paths.Length > 0
            ? new PipedInput(null, paths)
            : throw new UsageException("Standard input is empty; pipe one image into it, or paths of images, one a line.");
    }

    /// <summary>
    /// Whether the paths are separated by NUL, for which a sentence says what to do instead. `find -print0` ends each path with NUL.
    /// </summary>
    private static bool IsListOfNuls(ReadOnlySpan<byte> content) =>
        content is [not 0, .., 0] && !IsKnown(content) && content.IndexOfAnyInRange((byte)1, LastControl) < 0;

    /// <summary>
    /// Whether the bytes are text, and so a list of paths: no known image begins like them, and no byte of them is in no text.
    /// </summary>
    private static bool IsList(ReadOnlySpan<byte> content) => !IsKnown(content) && !content.ContainsAny(BinaryControls);

    /// <summary>Whether the bytes begin like an image, of a format that is read or of one that is known and refused by name.</summary>
    private static bool IsKnown(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> header = content[..Math.Min(content.Length, ImageFormats.HeaderLength)];
        return ImageFormats.Detect(header) is not null || ImageFormats.NameForeign(header) is not null;
    }
}
