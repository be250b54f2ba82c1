using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training;

/// <summary>Reads image files that have been read before, and must not be other pictures by now.</summary>
internal static class UnchangedFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="expected">SHA-256 of what it held before.</param>
    /// <exception cref="ImageDecodeException">It cannot be read, is no image, or holds something else.</exception>
    public static ImageContent Read(string path, ContentHash expected)
    {
        ImageContent content = ImageContent.FromFile(path);
        if (ContentHash.Of(content.Bytes.Span) == expected) return content;
        content.Dispose();
        throw new ImageDecodeException(path, "it has changed since training began");
    }
}
