using ImageTrainer.Csv;
using ImageTrainer.Files;

namespace ImageTrainer.Batch.Listing;

/// <summary>
/// A list of images with columns, as training reads them: delimited text or JSON lines. All columns but the path's go to the output as they are.
/// </summary>
internal sealed class ListSource(string file) : IImageSource
{
    private readonly HashSet<string> _notices = [];

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Notices => _notices;

    /// <summary>Where an image of a list is: paths are relative to the list's folder; other spellings are tried where nothing is there.</summary>
    /// <param name="path">As the list writes it.</param>
    /// <param name="folder">The list's folder; empty for the current one.</param>
    /// <param name="columns">What the list says besides.</param>
    public static ListedImage Image(string path, string folder, IReadOnlyList<PassedColumn> columns)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return new ListedImage(path, path, columns, "its path is not valid");
        string file = Path.Combine(folder, path);
        // Long lists lie on slow disks: no file is asked for that is where the list says, or nowhere.
        if (!FilePaths.MayBeElsewhere(path) || File.Exists(file)) return new ListedImage(path, file, columns);
        return FilePaths.Find(path, Path.GetFullPath(folder.Length == 0 ? "." : folder)) switch
        {
            { File: { } found } => new ListedImage(path, found, columns),
            { Candidates: { } candidates } => new ListedImage(
                path, file, columns, $"it is named without extension, and there are {string.Join(", ", candidates.Select(Path.GetFileName))}"),
            _ => new ListedImage(path, OperatingSystem.IsWindows() ? file : file.Replace('\\', '/'), columns),
        };
    }

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        using ListReader reader = Step(() => ListReader.Open(file, default));
        string folder = Path.GetDirectoryName(file) ?? "";
        RequireDistinct(reader);
        _notices.UnionWith(reader.Notices);
        using IEnumerator<ListRecord> records = reader.Read().GetEnumerator();
        while (Step(records.MoveNext))
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
        if (reader is DelimitedList { Names: var names, PathColumn: var path }
            && names.Where((_, i) => i != path).GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ScoringInputException(file, $"'{file}' has the column '{twice.Key}' twice; rename one.");
    }

    private T Step<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (ListException exception)
        {
            throw new ScoringInputException(file, exception.Message, exception);
        }
    }
}
