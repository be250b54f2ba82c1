using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Listing;

/// <summary>A text with one path a line; blank lines are passed over.</summary>
internal sealed class TextListSource : IImageSource
{
    private readonly string _name;
    private readonly string _folder;
    private readonly Stream? _stream;
    private readonly HashSet<string> _notices = [];

    /// <summary>A list in a file, whose folder its paths are relative to.</summary>
    public TextListSource(string file) => (_name, _folder, CanRepeat) = (file, Path.GetDirectoryName(file) ?? "", true);

    /// <summary>A list in a stream that is read once and closed then; paths are relative to the current folder.</summary>
    public TextListSource(Stream stream) => (_name, _folder, _stream) = ("standard input", "", stream);

    /// <inheritdoc/>
    public bool CanRepeat { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Notices => _notices;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        using ListText? text = _stream is null ? Step(() => ListText.Open(_name)) : null;
        if (text?.Notice is { } notice) _notices.Add(notice);
        using StreamReader reader = text?.Restart() ?? ListText.Reader(_stream!);
        long line = 1;
        while (Step(() => ListReader.Step(_name, () => line, reader.ReadLine)) is { } path)
        {
            if (!string.IsNullOrWhiteSpace(path)) yield return ListSource.Image(path, _folder, []);
            line++;
        }
    }

    private T Step<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (ListException exception)
        {
            throw new ScoringInputException(_name, exception.Message, exception);
        }
    }
}
