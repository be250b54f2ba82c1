using System.Text;
using System.Text.Unicode;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Arguments;

/// <summary>What came through standard input: the bytes of one image, or the paths of many, one a line.</summary>
/// <param name="Image">The image, or null where paths came.</param>
/// <param name="Paths">The paths; empty where an image came.</param>
internal sealed record PipedInput(ReadOnlyMemory<byte>? Image, IReadOnlyList<string> Paths)
{
    /// <summary>
    /// Reads a stream to its end. Text is a list of paths, whose empty lines are passed over; anything else is taken for an image.
    /// </summary>
    /// <exception cref="UsageException">There is nothing in it.</exception>
    public static PipedInput Read(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        ReadOnlyMemory<byte> content = copy.GetBuffer().AsMemory(0, (int)copy.Length);
        if (!IsText(content.Span)) return new PipedInput(content, []);
        string text = Encoding.UTF8.GetString(content.Span).TrimStart('\uFEFF');
        string[] paths = text.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries);
        return paths.Length > 0
            ? new PipedInput(null, paths)
            : throw new UsageException("Standard input is empty; pipe one image into it, or paths of images, one a line.");
    }

    private static bool IsText(ReadOnlySpan<byte> content) =>
        ImageFormats.Detect(content[..Math.Min(content.Length, ImageFormats.HeaderLength)]) is null
        && !content.Contains((byte)0)
        && Utf8.IsValid(content);
}
