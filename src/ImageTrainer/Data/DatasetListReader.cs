using ImageTrainer.Csv;
using ImageTrainer.Files;

namespace ImageTrainer.Data;

/// <summary>Reads a list of images with their labels, and the part each belongs to where the list has a column "split".</summary>
internal static class DatasetListReader
{
    private const int MaxNamedCount = 10;

    /// <summary>Reads a list.</summary>
    /// <param name="list">Path of the list.</param>
    /// <param name="reading">How the files it names are looked at.</param>
    /// <exception cref="DatasetException">There is no such file, it is no such list, it contradicts itself, it has no images, or files it
    /// names are missing.</exception>
    public static DividedDataset Read(string list, DatasetReading reading)
    {
        string file = Path.GetFullPath(list);
        if (!File.Exists(file))
            throw new DatasetException(file, $"There is no list '{file}'; check the path.");
        ListTable table = ListTable.Read(file, new ListNeeds(Label: true));
        SeveralLabels.Refuse(table, file);
        IReadOnlyList<ListRow> rows = table.Rows;
        string root = Path.GetDirectoryName(file)!;
        FoundFile[] found = ResolveAll(rows, root, file);
        string[] paths = [.. found.Select(one => one.File!)];
        ProbeFinding?[] findings = FileProbe.WhyNotImages(paths, reading.Hashes, reading.CancellationToken);
        IEnumerable<(ListRow Row, LabeledImage Image)> all =
            rows.Select((row, i) => (row, new LabeledImage(paths[i], FolderWalk.Relative(root, paths[i]), row.Label!)));
        (ListRow Row, LabeledImage Image)[] images = [.. all.Where((_, i) => findings[i] is null)];
        if (images.Length == 0)
            throw new DatasetException(file, $"'{file}' lists no images; add a line with path and label for each.");
        IReadOnlyDictionary<string, DatasetPart>? parts =
            rows[0].Split is null ? null : SplitsFile.PartByPath(images.Select(image => (image.Row, image.Image.RelativePath)), file);
        LabeledImage[] distinct = [.. images.Select(image => image.Image).Distinct()];
        var dataset = new ImageDataset(root, distinct, reading.Hashes);
        string[] notices = [.. table.Notices, .. SpellingNotices(rows, found, file), .. NoticesOf(dataset, images.Length - distinct.Length, file)];
        return new DividedDataset(dataset.With([.. IgnoredRows(rows, paths, findings, root)], notices), parts);
    }

    private static FoundFile[] ResolveAll(IReadOnlyList<ListRow> rows, string root, string file)
    {
        FoundFile[] found = [.. rows.Select(row => FilePaths.Find(row.Path, root))];
        foreach ((ListRow row, FoundFile one) in rows.Zip(found))
            if (one is { File: null, Candidates: { } candidates })
                throw new DatasetException(
                    file,
                    $"Line {row.Line} of '{file}' names '{row.Path}' without its extension, and there are {LabelNames.Quote([.. candidates.Select(path => Path.GetFileName(path))])}; "
                        + "write the whole name.");
        ListRow[] missing = [.. rows.Where((_, i) => found[i].File is null)];
        return missing.Length == 0 ? found : throw Missing(missing, root, file);
    }

    private static DatasetException Missing(ListRow[] missing, string root, string file)
    {
        string more = missing.Length > MaxNamedCount ? $"; and {missing.Length - MaxNamedCount} more" : "";
        string named = string.Join("; ", missing.Take(MaxNamedCount).Select(row => $"line {row.Line}: '{row.Path}'")) + more;
        if (Array.TrueForAll(missing, row => FilePaths.IsAddress(row.Path)))
            return new DatasetException(
                file, $"'{file}' names {Counted.Of(missing.Length, "image")} by network address ({named}); download the images and write their paths, relative to '{root}'.");
        string hint = FindFolderOf(missing, root) is { } folder ? $" They lie in '{folder}': write that before the names, or move the list there." : "";
        return new DatasetException(
            file,
            $"'{file}' names {Counted.Of(missing.Length, "file")} not to be found ({named}); "
                + $"paths are relative to '{root}'.{hint} Correct the paths or take the lines out.");
    }

    private static string? FindFolderOf(ListRow[] missing, string root) => Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)
        .FirstOrDefault(folder => missing.Take(MaxNamedCount).All(row => FilePaths.Find(row.Path, folder).File is not null));

    private static IEnumerable<IgnoredFile> IgnoredRows(IReadOnlyList<ListRow> rows, string[] paths, ProbeFinding?[] findings, string root) =>
        from row in rows.Index()
        let finding = findings[row.Index]
        where finding is not null
        let relative = FolderWalk.Relative(root, paths[row.Index])
        orderby relative, row.Item.Line
        select new IgnoredFile(relative, $"{finding.Reason} (line {row.Item.Line} of the list)", finding.IsUnreadable);

    private static IEnumerable<string> SpellingNotices(IReadOnlyList<ListRow> rows, FoundFile[] found, string file)
    {
        int composedCount = found.Count(one => one.IsComposedOtherwise);
        if (composedCount > 0)
            yield return $"{Counted.Of(composedCount, "name")} in '{file}' found in another Unicode composition (accents apart or not), "
                + $"the first is '{rows[Array.FindIndex(found, one => one.IsComposedOtherwise)].Path}'.";
        int completedCount = found.Count(one => one.Candidates is not null);
        if (completedCount > 0)
            yield return $"{Counted.Of(completedCount, "name")} in '{file}' without extension found by trying those of images, "
                + $"the first is '{Path.GetFileName(found.First(one => one.Candidates is not null).File)}'.";
    }

    private static IEnumerable<string> NoticesOf(ImageDataset dataset, int repeatedCount, string file)
    {
        if (repeatedCount > 0)
            yield return $"{Counted.Of(repeatedCount, "line")} of '{file}' left out, because an earlier line has the same path and label.";
        foreach (string notice in LabelNames.FindSpaced(dataset.Labels).Concat(LabelNames.FindLookalikes(dataset.Labels)))
            yield return notice;
    }
}

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

/// <summary>Recognises lists whose cells hold several labels: each combination would be a class of its own.</summary>
internal static class SeveralLabels
{
    // A label's own text may hold commas ("tench, Tinca tinca") and spaces, so those count where the parts are labels elsewhere.
    private static readonly char[] Separators = ['|', ';', ',', ' '];

    /// <summary>Refuses such a list.</summary>
    /// <param name="table">The list.</param>
    /// <param name="file">Full path of the list.</param>
    /// <exception cref="DatasetException">A cell holds several labels; names the line.</exception>
    public static void Refuse(ListTable table, string file)
    {
        bool isPlural = table.LabelColumn is { } name && ListColumns.IsPlural(name);
        ListRow[] distinct = [.. table.Rows.DistinctBy(row => row.Label, StringComparer.Ordinal)];
        ListRow? first = distinct.FirstOrDefault(row => IsArray(row.Label!));
        foreach (char separator in Separators)
            first ??= Find(distinct, separator, isPlural);
        if (first is not null)
            throw new DatasetException(file, ListReader.DescribeSeveralLabels(file, $"line {first.Line} has '{first.Label}'"));
    }

    private static bool IsArray(string label) => label is ['[', .., ']'] && label.Contains(',', StringComparison.Ordinal);

    private static ListRow? Find(ListRow[] distinct, char separator, bool isPlural)
    {
        ListRow[] combined = [.. distinct.Where(row => Parts(row.Label!, separator).Length > 1)];
        if (combined.Length == 0) return null;
        var alone = distinct.Select(row => row.Label!.Trim()).ToHashSet(StringComparer.Ordinal);
        var everywhere = distinct.SelectMany(row => Parts(row.Label!, separator).Distinct()).CountBy(part => part, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        return Array.Find(combined, row => Parts(row.Label!, separator) is var parts && separator switch
        {
            '|' or ';' => isPlural || Array.TrueForAll(parts, part => everywhere[part] > 1),
            ',' => (isPlural && Array.TrueForAll(parts, part => everywhere[part] > 1)) || Array.TrueForAll(parts, alone.Contains),
            _ => isPlural && Array.Exists(parts, alone.Contains),
        });
    }

    private static string[] Parts(string label, char separator) =>
        label.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
