namespace ImageTrainer.Batch.Listing;

/// <summary>A value of the input that goes to the output as it is.</summary>
/// <param name="Name">Name of its column.</param>
/// <param name="Value">Its text.</param>
/// <param name="IsJson">Whether the text is a JSON value other than a string: 12, true, {"a": 1}.</param>
internal readonly record struct PassedColumn(string Name, string Value, bool IsJson);

/// <summary>One image of the input, not opened yet.</summary>
/// <param name="Path">As the input writes it.</param>
/// <param name="File">Where the file is: a path that can be opened.</param>
/// <param name="Columns">What the input says besides.</param>
/// <param name="Fault">Why there can be no such image, in one clause; null where that is not known yet.</param>
internal sealed record ListedImage(string Path, string File, IReadOnlyList<PassedColumn> Columns, string? Fault = null)
{
    /// <summary>An image of which nothing but the path is known.</summary>
    public static ListedImage Of(string path, string file) => new(path, file, []);
}

/// <summary>An image with its place in the whole input.</summary>
/// <param name="Position">From 0, counted over all shares.</param>
/// <param name="Image">The image.</param>
internal readonly record struct PlacedImage(long Position, ListedImage Image);
