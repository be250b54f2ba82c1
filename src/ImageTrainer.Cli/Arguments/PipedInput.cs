using System.Buffers;
using System.Text;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Arguments;

/// <summary>What came through standard input: the bytes of one image, or the paths of many, one a line.</summary>
/// <param name="Image">The image, or null where paths came.</param>
/// <param name="Paths">The paths; empty where an image came.</param>
internal sealed record PipedInput(ReadOnlyMemory<byte>? Image, IReadOnlyList<string> Paths)
{
    private const byte LastControl = 0x1F;

    // A name may have any of them but NUL; those below tab stand in none that anybody lists.
    private static readonly SearchValues<byte> BinaryControls = SearchValues.Create([0, 1, 2, 3, 4, 5, 6, 7, 8]);

    /// <summary>
    /// Reads a stream to its end. Text is a list of paths, whose empty lines are passed over and whose bytes that are no UTF-8 become U+FFFD,
    /// a file that is not found; anything else is taken for an image, also one of a kind that is known and not read.
    /// </summary>
    /// <exception cref="UsageException">There is nothing in it, or a list that is not separated by line ends.</exception>
    public static PipedInput Read(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        ReadOnlyMemory<byte> content = copy.GetBuffer().AsMemory(0, (int)copy.Length);
        if (IsListOfNuls(content.Span))
            throw new UsageException("The paths on standard input are separated by NUL; separate them by line ends, as `find` does without -print0.");
        if (!IsList(content.Span)) return new PipedInput(content, []);
        string text = Encoding.UTF8.GetString(content.Span).TrimStart('\uFEFF');
        string[] paths = text.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries);
        return paths.Length > 0
            ? new PipedInput(null, paths)
            : throw new UsageException("Standard input is empty; pipe one image into it, or paths of images, one a line.");
    }

    // `find -print0` ends each path with NUL.
    private static bool IsListOfNuls(ReadOnlySpan<byte> content) =>
        content is [not 0, .., 0] && !IsKnown(content) && content.IndexOfAnyInRange((byte)1, LastControl) < 0;

    private static bool IsList(ReadOnlySpan<byte> content) => !IsKnown(content) && !content.ContainsAny(BinaryControls);

    private static bool IsKnown(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> header = content[..Math.Min(content.Length, ImageFormats.HeaderLength)];
        return ImageFormats.Detect(header) is not null || ImageFormats.NameForeign(header) is not null;
    }
}
