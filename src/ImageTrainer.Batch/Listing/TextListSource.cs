namespace ImageTrainer.Batch.Listing;

/// <summary>A text with one path a line; blank lines are passed over.</summary>
internal sealed class TextListSource : IImageSource
{
    private readonly string _name;
    private readonly string _folder;
    private readonly Func<StreamReader> _open;

    /// <summary>A list in a file, whose folder its paths are relative to.</summary>
    public TextListSource(string file)
    {
        (_name, _folder, _open) = (file, Path.GetDirectoryName(file) ?? "", () => ListFile.Open(file));
        CanRepeat = true;
    }

    /// <summary>A list in a stream that is read once and closed then; paths are relative to the current folder.</summary>
    public TextListSource(Stream stream) => (_name, _folder, _open) = ("standard input", "", () => ListFile.Reader(stream));

    /// <inheritdoc/>
    public bool CanRepeat { get; }

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        using StreamReader reader = _open();
        long line = 1;
        while (ListFile.Read(_name, () => line, reader.ReadLine) is { } path)
        {
            if (!string.IsNullOrWhiteSpace(path)) yield return ListFile.Image(path, _folder, []);
            line++;
        }
    }
}
