namespace ImageTrainer.Imaging;

/// <summary>An image could not be read: no such file, not an image, damaged, too large, or of a kind that is not accepted.</summary>
public sealed class ImageDecodeException : ImageTrainerException
{
    /// <summary>Describes one unreadable image.</summary>
    /// <param name="path">Path of the file, or null where the image came from memory or a stream.</param>
    /// <param name="reason">One short clause without a full stop: "the file ends before the image does".</param>
    /// <param name="format">The format the content shows ("jpeg", "png", ...), or null where it shows none.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ImageDecodeException(string? path, string reason, string? format = null, Exception? innerException = null)
        : base(Describe(path, reason, format), innerException)
    {
        Path = path;
        Reason = reason;
        Format = format;
    }

    /// <summary>Path of the file, or null where the image came from memory or a stream.</summary>
    public string? Path { get; }

    /// <summary>Why it could not be read: one short clause.</summary>
    public string Reason { get; }

    /// <summary>The format that the content shows, lower case ("jpeg", "png", "webp", ...), or null where it shows none.</summary>
    public string? Format { get; }

    private static string Describe(string? path, string reason, string? format)
    {
        string kind = format is null ? "image" : $"{format} image";
        return path is null ? $"Cannot read the {kind}: {reason}." : $"Cannot read the {kind} '{path}': {reason}.";
    }
}
