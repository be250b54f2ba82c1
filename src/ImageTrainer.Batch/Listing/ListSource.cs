using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Listing;

/// <summary>
/// A list of images with columns, as training reads them: delimited text or JSON lines. All columns but the path's go to the output as
/// they are.
/// </summary>
/// <param name="file">Path of the list.</param>
internal sealed class ListSource(string file) : IImageSource
{
    private readonly HashSet<string> _notices = [];

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Notices => _notices;

    /// <summary>
    /// Where an image of a list is: paths are relative to the list's folder; other spellings are tried where nothing is there.
    /// </summary>
    /// <param name="path">As the list writes it.</param>
    /// <param name="folder">The list's folder; empty for the current one.</param>
    /// <param name="columns">What the list says besides.</param>
    public static ListedImage Image(string path, string folder, IReadOnlyList<PassedColumn> columns)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return ListedImage.Unreadable(path, path, columns, "its path is not valid");
        string file = Path.Combine(folder, path);
        // Long lists lie on slow disks: no file is asked for that is where the list says, or nowhere.
        if (!FilePaths.MayBeElsewhere(path) || File.Exists(file)) return new ListedImage(path, file, columns);
        return FilePaths.Find(path, Path.GetFullPath(folder.Length == 0 ? "." : folder)) switch
        {
            { File: { } found } => new ListedImage(path, found, columns),
            { Candidates: { } files } => ListedImage.Unreadable(
                path, file, columns, $"it is named without extension, and there are {string.Join(", ", files.Select(Path.GetFileName))}"),
            _ => new ListedImage(path, OperatingSystem.IsWindows() ? file : file.Replace('\\', '/'), columns),
        };
    }

    /// <summary>Does one step of reading a list; what is wrong with the list is wrong with the input.</summary>
    /// <exception cref="ScoringInputException">The list cannot be read.</exception>
    public static T Try<T>(string list, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (ListException exception)
        {
            throw new ScoringInputException(list, exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        using ListReader reader = Try(file, () => ListReader.Open(file, default));
        string folder = Path.GetDirectoryName(file) ?? "";
        RequireDistinct(reader);
        _notices.UnionWith(reader.Notices);
        using IEnumerator<ListRecord> records = reader.Read().GetEnumerator();
        while (Try(file, records.MoveNext))
        {
            ListRecord record = records.Current;
            PassedColumn[] columns =
            [
                .. record.Fields.Where((_, i) => i != record.Columns.Path)
                    .Select(field => new PassedColumn(field.Name, field.Value, field.IsJson)),
            ];
            yield return Image(record.Path, folder, columns);
        }
    }

    private void RequireDistinct(ListReader reader)
    {
        if (reader is not DelimitedList { Names: var names, PathColumn: var path }) return;
        var groups = names.Where((_, i) => i != path).GroupBy(name => name, StringComparer.Ordinal);
        if (groups.FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ScoringInputException(file, $"'{file}' has the column '{twice.Key}' twice; rename one.");
    }
}

/// <summary>A text with one path a line; blank lines are left out.</summary>
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
        using ListText? text = _stream is null ? ListSource.Try(_name, () => ListText.Open(_name)) : null;
        if (text?.Notice is { } notice) _notices.Add(notice);
        using StreamReader reader = text?.Restart() ?? ListText.Reader(_stream!);
        long line = 1;
        while (ListSource.Try(_name, () => ListReader.Step(_name, () => line, reader.ReadLine)) is { } path)
        {
            if (!string.IsNullOrWhiteSpace(path)) yield return ListSource.Image(path, _folder, []);
            line++;
        }
    }
}
