using ImageTrainer.Csv;

namespace ImageTrainer.Data;

/// <summary>One line of a list of images, in the exact text of its fields.</summary>
/// <param name="Line">Number of the line in the file, from 1.</param>
/// <param name="Path">The path, not empty.</param>
/// <param name="Label">The label, or null where the list has no such column.</param>
/// <param name="Split">The part of the data set, or null where the list has no such column.</param>
internal sealed record ListRow(long Line, string Path, string? Label, string? Split);

/// <summary>A list of images in memory.</summary>
/// <param name="Rows">Its lines.</param>
/// <param name="LabelColumn">The name of the labels' column, or null.</param>
/// <param name="Notices">How it is read, where that is not plain.</param>
internal sealed record ListTable(IReadOnlyList<ListRow> Rows, string? LabelColumn, IReadOnlyList<string> Notices)
{
    /// <summary>Reads all rows.</summary>
    /// <param name="file">Full path of the list.</param>
    /// <param name="needs">What it must tell of each image besides the path.</param>
    /// <exception cref="DatasetException">There is no such file, it is no list, or a line of it is malformed; names the line.</exception>
    public static ListTable Read(string file, ListNeeds needs)
    {
        try
        {
            using ListReader reader = ListReader.Open(file, needs);
            string? labelColumn = null;
            var rows = new List<ListRow>();
            foreach (ListRecord record in reader.Read())
            {
                labelColumn ??= record.Label?.Name;
                rows.Add(ToRow(record, needs, file));
            }

            // "partition" and the like may mean another thing, "split" may not.
            bool isSplit = needs.Split || rows.TrueForAll(row => row.Split is not null && DatasetPartNames.Parse(row.Split) is not null);
            if (!isSplit && !HasColumnSplit(reader)) rows = [.. rows.Select(row => row with { Split = null })];
            return new ListTable(rows, labelColumn, [.. reader.Notices]);
        }
        catch (ListException exception)
        {
            throw new DatasetException(file, exception.Message, exception);
        }
    }

    private static bool HasColumnSplit(ListReader reader) =>
        reader.Read().Select(record => record.Columns.Split is >= 0 and int split && CsvText.IsColumn(record.Fields[split].Name, "split")).FirstOrDefault();

    private static ListRow ToRow(ListRecord record, ListNeeds needs, string file)
    {
        string? label = record.Label?.Value;
        return new ListRow(
            record.Line,
            RequireValue(record.Path, "path", record, file),
            needs.Label ? RequireValue(label, "label", record, file) : string.IsNullOrWhiteSpace(label) ? null : label,
            record.Split is null ? null : RequireValue(record.Split, "split", record, file));
    }

    private static string RequireValue(string? value, string column, ListRecord record, string file) => string.IsNullOrWhiteSpace(value)
        ? throw new DatasetException(file, $"Line {record.Line} of '{file}' has no {column}; fill it in or take the line out.")
        : value;
}
