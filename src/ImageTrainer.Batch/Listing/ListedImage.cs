using ImageTrainer.Imaging;

namespace ImageTrainer.Batch.Listing;

/// <summary>A value that the input gives for an image, and that goes to the output as it is.</summary>
/// <param name="Name">Name of its column.</param>
/// <param name="Value">Its text.</param>
/// <param name="IsJson">Whether the text is a JSON value other than a string: 12, true, {"a": 1}.</param>
public readonly record struct PassedColumn(string Name, string Value, bool IsJson);

/// <summary>One image of the input, not opened yet.</summary>
/// <param name="Path">Its path, as the input writes it.</param>
/// <param name="File">Path under which the file can be opened.</param>
/// <param name="Columns">What the input says of it besides.</param>
/// <param name="Error">Why there can be no such image; null where that is not known before it is read.</param>
public sealed record ListedImage(string Path, string File, IReadOnlyList<PassedColumn> Columns, ImageDecodeException? Error = null)
{
    /// <summary>An image of which nothing but the path is known.</summary>
    internal static ListedImage Of(string path) => new(path, path, []);

    /// <summary>An image that cannot be read, as the listing shows already.</summary>
    /// <param name="path">Its path, as the input writes it.</param>
    /// <param name="file">Where the file would be.</param>
    /// <param name="columns">What the input says of it besides.</param>
    /// <param name="reason">Why it cannot be read, in one clause without a full stop.</param>
    internal static ListedImage Unreadable(string path, string file, IReadOnlyList<PassedColumn> columns, string reason) =>
        new(path, file, columns, new ImageDecodeException(file, reason));
}

/// <summary>An image with its place in the whole input.</summary>
/// <param name="Position">Its place, from 0, counted over all shares.</param>
/// <param name="Image">The image.</param>
internal readonly record struct PlacedImage(long Position, ListedImage Image);

/// <summary>Something that lists images, in an order that is the same every time.</summary>
internal interface IImageSource
{
    /// <summary>Whether it can be listed again: false for a stream.</summary>
    bool CanRepeat { get; }

    /// <summary>What the user should know of the listing, in whole sentences; complete once it was listed to its end.</summary>
    IReadOnlyCollection<string> Notices => [];

    /// <summary>Lists the images one by one, without holding them all.</summary>
    /// <exception cref="ScoringInputException">The source cannot be read, or makes no sense.</exception>
    IEnumerable<ListedImage> List();
}

/// <summary>One file that the caller names itself. Whether it exists shows when it is read.</summary>
/// <param name="path">Its path.</param>
internal sealed class SingleFileSource(string path) : IImageSource
{
    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List() => [ListedImage.Of(path)];
}
