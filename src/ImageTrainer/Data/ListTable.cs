using System.Text;
using System.Text.Unicode;
using ImageTrainer.Csv;
using ImageTrainer.Imaging;

namespace ImageTrainer.Data;

/// <summary>Reads a list of images: UTF-8 text whose first line names its columns, of which path, label and split count.</summary>
internal static class ListTable
{
    private static readonly string[] Columns = ["path", "label", "split"];

    /// <summary>Reads all rows.</summary>
    /// <param name="file">Full path of the list.</param>
    /// <param name="requiredColumns">The columns it must have: "path" and others.</param>
    /// <exception cref="DatasetException">There is no such file, it is not UTF-8, or a line of it is malformed; names the line.</exception>
    public static IReadOnlyList<ListRow> Read(string file, params string[] requiredColumns)
    {
        string text = ReadText(file);
        // Spreadsheets write semicolons where the comma is the decimal sign, so the header decides; the extension says what is tried first.
        char[] delimiters = Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? ['\t', ',', ';'] : [',', '\t', ';'];
        char delimiter = delimiters.FirstOrDefault(candidate => HasColumns(text, candidate, requiredColumns), delimiters[0]);
        CsvRecord[] records = ReadRecords(text, delimiter, file);
        IReadOnlyList<string> header = records is [var first, ..] ? first.Fields : [];
        int?[] positions = [.. Columns.Select(column => PositionOf(column, header, file))];
        if (requiredColumns.Any(column => positions[Array.IndexOf(Columns, column)] is null))
            throw new DatasetException(
                file,
                $"The first line of '{file}' has to name the columns {string.Join(", ", requiredColumns)}; "
                    + (header.Count == 0 ? "it is empty." : $"it reads {LabelNames.Quote(header)}."));
        return [.. records.Skip(1).Select(record => ToRow(record, header.Count, positions, file))];
    }

    private static CsvRecord[] ReadRecords(string text, char delimiter, string file)
    {
        try
        {
            return [.. new CsvReader(new StringReader(text), delimiter).ReadAll()];
        }
        catch (CsvFormatException exception)
        {
            throw new DatasetException(file, exception.Describe(file), exception);
        }
    }

    private static string ReadText(string file)
    {
        byte[] bytes = ReadBytes(file);
        if (ImageFormats.Detect(bytes.AsSpan(0, Math.Min(bytes.Length, ImageFormats.HeaderLength))) is { } format)
            throw new DatasetException(
                file, $"'{file}' is a {format} image, no data set; name a folder that has a folder per class, or a list of images.");
        ReadOnlySpan<byte> content = bytes;
        if (content.StartsWith(Encoding.UTF8.Preamble))
            content = content[Encoding.UTF8.Preamble.Length..];
        if (!Utf8.IsValid(content))
            throw new DatasetException(file, $"Line {FirstInvalidLine(content)} of '{file}' is not UTF-8 text; if this is a list of images, save it as CSV in UTF-8.");
        return Encoding.UTF8.GetString(content);
    }

    private static byte[] ReadBytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(file, $"The list '{file}' cannot be read: {failure.Message}", failure);
        }
    }

    private static int FirstInvalidLine(ReadOnlySpan<byte> content)
    {
        int line = 1;
        for (int end; (end = content.IndexOf((byte)'\n')) >= 0 && Utf8.IsValid(content[..end]); line++)
            content = content[(end + 1)..];
        return line;
    }

    // Only the first line is looked at, because with the wrong delimiter the rest may not even be well-formed.
    private static bool HasColumns(string text, char delimiter, string[] required)
    {
        string firstLine = new(text.AsSpan().TrimStart("\r\n").TrimTo("\r\n"));
        IReadOnlyList<string> header = firstLine.Count(c => c == '"') % 2 == 0 ? new CsvReader(new StringReader(firstLine), delimiter).Read()?.Fields ?? [] : [];
        return required.All(column => header.Any(name => CsvText.IsColumn(name, column)));
    }

    private static ReadOnlySpan<char> TrimTo(this ReadOnlySpan<char> text, string ends) =>
        text.IndexOfAny(ends) is >= 0 and int end ? text[..end] : text;

    private static int? PositionOf(string column, IReadOnlyList<string> header, string file)
    {
        int[] positions = [.. header.Index().Where(name => CsvText.IsColumn(name.Item, column)).Select(name => name.Index)];
        return positions.Length switch
        {
            0 => null,
            1 => positions[0],
            _ => throw new DatasetException(file, $"The first line of '{file}' names the column {column} twice; rename one of them."),
        };
    }

    private static ListRow ToRow(CsvRecord record, int columnCount, int?[] positions, string file)
    {
        int fieldCount = record.Fields.Count;
        if (fieldCount < columnCount || record.Fields.Skip(columnCount).Any(field => field.Length > 0))
            throw new DatasetException(
                file,
                $"Line {record.Line} of '{file}' has {Counted.Of(fieldCount, "field")} and the first line {columnCount}; "
                    + "put text that holds the delimiter in double quotes.");
        string?[] values = [.. positions.Select((position, i) => position is { } at ? RequireValue(record, at, Columns[i], file) : null)];
        return new ListRow(record.Line, values[0]!, values[1], values[2]);
    }

    private static string RequireValue(CsvRecord record, int position, string column, string file) =>
        record.Fields[position] is var value && !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new DatasetException(file, $"Line {record.Line} of '{file}' has no {column}; fill it in or take the line out.");
}
