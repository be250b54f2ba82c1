namespace ImageTrainer.Imaging;

/// <summary>An image as it lies in a file: its bytes, what they show to be, and where they came from.</summary>
/// <param name="Content">The whole file.</param>
/// <param name="Format">The format by content, one of those <see cref="ImageFormats.Detect"/> gives.</param>
/// <param name="Path">The file's path for messages, or null where there is none.</param>
internal readonly record struct EncodedImage(ReadOnlyMemory<byte> Content, string Format, string? Path)
{
    /// <summary>Recognises the format of some bytes.</summary>
    /// <exception cref="ImageDecodeException">There are none, or they are of no format that is read.</exception>
    internal static EncodedImage Recognise(ReadOnlyMemory<byte> content, string? path) =>
        new(content, RecogniseFormat(content.Span, path), path);

    /// <summary>Names the format by a file's first bytes.</summary>
    /// <exception cref="ImageDecodeException">There are none, or they are of no format that is read.</exception>
    internal static string RecogniseFormat(ReadOnlySpan<byte> header, string? path)
    {
        header = header[..Math.Min(header.Length, ImageFormats.HeaderLength)];
        if (header.IsEmpty)
            throw new ImageDecodeException(path, "the file is empty");
        return ImageFormats.Detect(header) ?? throw new ImageDecodeException(path, ImageFormats.DescribeUnreadable(header));
    }

    /// <summary>The exception that says why this image cannot be read.</summary>
    internal ImageDecodeException Unreadable(string reason) => new(Path, reason, Format);
}
