namespace ImageTrainer.Batch.Listing;

/// <summary>A delimited list whose first line names its columns: <c>path</c>, and others that go to the output as they are.</summary>
internal sealed class CsvListSource(string file) : IImageSource
{
    private const string PathColumn = "path";

    // Spreadsheets write semicolons where the comma is the decimal sign, so the header decides.
    private static readonly char[] Delimiters = [',', '\t', ';'];

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        char delimiter = FindDelimiter();
        using StreamReader reader = ListFile.Open(file);
        var records = new CsvRecords(reader, delimiter, file);
        string[] header = Next(records) ?? [];
        int pathIndex = CheckHeader(header);
        string folder = Path.GetDirectoryName(file) ?? "";
        while (Next(records) is { } fields)
        {
            if (fields.Length != header.Length)
                throw new ScoringInputException(
                    file, $"Line {records.Line - 1} of '{file}' has {fields.Length} fields where the first line names {header.Length} columns.");
            PassedColumn[] columns =
                [.. Enumerable.Range(0, header.Length).Where(i => i != pathIndex).Select(i => new PassedColumn(header[i], fields[i], IsJson: false))];
            yield return ListFile.Image(fields[pathIndex], folder, columns);
        }
    }

    private string[]? Next(CsvRecords records) => ListFile.Read(file, () => records.Line, records.Read);

    private char FindDelimiter()
    {
        using StreamReader reader = ListFile.Open(file);
        string first = ListFile.Read(file, () => 1, reader.ReadLine) ?? "";
        return Delimiters.FirstOrDefault(
            delimiter => first.Split(delimiter).Any(name => name.Trim().Trim('"') == PathColumn), Delimiters[0]);
    }

    private int CheckHeader(string[] header)
    {
        int index = Array.IndexOf(header, PathColumn);
        if (index < 0)
            throw new ScoringInputException(
                file, $"The first line of '{file}' has to name the column '{PathColumn}'; it reads '{string.Join("', '", header)}'.");
        if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ScoringInputException(file, $"'{file}' has the column '{twice.Key}' twice; rename one.");
        return index;
    }
}
