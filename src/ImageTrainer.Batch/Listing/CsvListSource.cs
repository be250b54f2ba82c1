using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Listing;

/// <summary>A delimited list whose first line names its columns: <c>path</c>, and others that go to the output as they are.</summary>
internal sealed class CsvListSource(string file) : IImageSource
{
    private const string PathColumn = "path";

    // Spreadsheets write semicolons where the comma is the decimal sign, so the header decides; the file's name where it has one column only.
    private readonly char[] _delimiters =
        Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? ['\t', ',', ';'] : [',', '\t', ';'];

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        char delimiter = FindDelimiter();
        using StreamReader reader = ListFile.Open(file);
        var records = new CsvReader(reader, delimiter);
        IReadOnlyList<string> header = Next(records)?.Fields ?? [];
        int pathIndex = CheckHeader(header);
        string folder = Path.GetDirectoryName(file) ?? "";
        while (Next(records) is { Line: long line, Fields: { } fields })
        {
            if (fields.Count != header.Count)
                throw new ScoringInputException(
                    file, $"Line {line} of '{file}' has {fields.Count} fields where the first line names {header.Count} columns.");
            PassedColumn[] columns =
                [.. Enumerable.Range(0, header.Count).Where(i => i != pathIndex).Select(i => new PassedColumn(header[i], fields[i], IsJson: false))];
            yield return ListFile.Image(fields[pathIndex], folder, columns);
        }
    }

    private CsvRecord? Next(CsvReader records) => ListFile.Read(file, () => records.Line, records.Read);

    private char FindDelimiter()
    {
        using StreamReader reader = ListFile.Open(file);
        string first = ListFile.Read(file, () => 1, reader.ReadLine) ?? "";
        return _delimiters.FirstOrDefault(
            delimiter => first.Split(delimiter).Any(name => CsvText.IsColumn(name.Trim().Trim('"'), PathColumn)), _delimiters[0]);
    }

    private int CheckHeader(IReadOnlyList<string> header)
    {
        int[] places = [.. Enumerable.Range(0, header.Count).Where(i => CsvText.IsColumn(header[i], PathColumn))];
        if (places.Length == 0)
            throw new ScoringInputException(
                file, $"The first line of '{file}' has to name the column '{PathColumn}'; it reads '{string.Join("', '", header)}'.");
        if (header.GroupBy(name => CsvText.IsColumn(name, PathColumn) ? PathColumn : name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ScoringInputException(file, $"'{file}' has the column '{twice.Key}' twice; rename one.");
        return places[0];
    }
}
