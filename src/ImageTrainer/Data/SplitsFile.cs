using ImageTrainer.Csv;

namespace ImageTrainer.Data;

/// <summary>
/// The file that records which images of a data set a run fitted, tuned and tested on: CSV with the columns path (relative to the data
/// set's root), label and split (train, validation or test). Given to a later run, it divides the data set the same way again.
/// </summary>
public static class SplitsFile
{
    /// <summary>Writes the parts of a data set, in ordinal order of path.</summary>
    /// <param name="file">Path of the file; one that is there is replaced.</param>
    /// <param name="splits">The parts; images of a part from elsewhere get a path relative to the root of
    /// <see cref="DatasetSplits.Train"/>.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string file, DatasetSplits splits)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(splits);
        IEnumerable<(string Path, string Label, DatasetPart Part)> rows =
            from part in splits.Parts
            from image in part.Images.Images
            select (RelativeTo(splits.Train.Root, part.Images.Root, image), image.Label, part.Part);
        rows = rows.OrderBy(row => row.Path, StringComparer.Ordinal).ThenBy(row => row.Label, StringComparer.Ordinal);
        using var writer = CsvWriter.Create(file);
        writer.Write("path", "label", "split");
        foreach ((string path, string label, DatasetPart part) in rows)
            writer.Write(path, label, DatasetPartNames.NameOf(part));
    }

    /// <summary>
    /// Divides a data set as the file says. Images the file does not name are left out, and told in <see cref="DatasetSplits.Notices"/>
    /// like lines whose image is gone or has another label by now; the data set's label counts.
    /// </summary>
    /// <param name="dataset">All images.</param>
    /// <param name="file">Path of the file; its column label may be absent.</param>
    /// <exception cref="DatasetException">
    /// The file cannot be read or contradicts itself, leaves nothing or fewer than two classes to fit on, or holds out labels that the
    /// images to
    /// fit on have not.
    /// </exception>
    public static DatasetSplits Apply(ImageDataset dataset, string file)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(file);
        string full = Path.GetFullPath(file);
        ListTable table = ListTable.Read(full, new ListNeeds(Split: true));
        ListRow[] rowsInOwnSpelling = InOwnSpelling(table.Rows, dataset);
        IReadOnlyDictionary<string, DatasetPart> parts = PartByPath(rowsInOwnSpelling.Select(row => (row, row.Path)), full);
        var divided = new DividedDataset(dataset, parts);
        ImageDataset train = divided.Part(DatasetPart.Train)
            ?? throw new DatasetException(
                full, $"'{full}' names no image of '{dataset.Root}' for training; check that it belongs to this data set.");
        string[] unlisted = [.. dataset.Images.Select(image => image.RelativePath).Where(path => !parts.ContainsKey(path)).Distinct()];
        var splits = new DatasetSplits(train, divided.Part(DatasetPart.Validation), divided.Part(DatasetPart.Test))
        {
            IgnoredFiles = [.. dataset.IgnoredFiles, .. unlisted.Select(path => new IgnoredFile(path, $"'{full}' does not name it"))],
            Notices = [.. dataset.Notices, .. table.Notices, .. Differences(dataset, unlisted, rowsInOwnSpelling, full)],
        };
        splits.RequireTrainable(full);
        return splits;
    }

    /// <summary>The images that the file names and a data set no longer has, by their relative paths in the order of the file.</summary>
    /// <exception cref="DatasetException">The file cannot be read.</exception>
    public static IReadOnlyList<string> FindMissing(string file, DatasetSplits splits)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(splits);
        var there = splits.Combine().Images.Select(image => image.RelativePath).ToHashSet(StringComparer.Ordinal);
        IReadOnlyList<ListRow> rows = ListTable.Read(Path.GetFullPath(file), new ListNeeds(Split: true)).Rows;
        return [.. rows.Select(row => row.Path).Where(path => !there.Contains(path))];
    }

    /// <summary>The part each path belongs to by the column split.</summary>
    /// <param name="rows">The rows, with the path each one means.</param>
    /// <param name="file">The list to name in errors.</param>
    /// <exception cref="DatasetException">A split has another name, or one path has two splits; names the line.</exception>
    internal static IReadOnlyDictionary<string, DatasetPart> PartByPath(IEnumerable<(ListRow Row, string Path)> rows, string file)
    {
        var parts = new Dictionary<string, DatasetPart>(StringComparer.Ordinal);
        (ListRow Row, string Path)[] all = [.. rows];
        bool hasTest = all.Select(row => row.Row.Split!).Distinct().Any(
            split => !DatasetPartNames.IsEvaluation(split) && DatasetPartNames.Parse(split) == DatasetPart.Test);
        foreach ((ListRow row, string path) in all)
        {
            DatasetPart part = Parse(row.Split!, hasTest)
                ?? throw new DatasetException(
                    file, $"Line {row.Line} of '{file}' has the split '{row.Split}'; it must be train, validation or test.");
            if (!parts.TryAdd(path, part) && parts[path] != part)
                throw new DatasetException(
                    file,
                    $"Line {row.Line} of '{file}' puts '{row.Path}' into {DatasetPartNames.NameOf(part)}, and an earlier line into "
                        + $"{DatasetPartNames.NameOf(parts[path])}; keep one.");
        }

        return parts;
    }

    // Beside a test part, an evaluation part is there to choose settings by.
    private static DatasetPart? Parse(string split, bool hasTest) =>
        hasTest && DatasetPartNames.IsEvaluation(split) ? DatasetPart.Validation : DatasetPartNames.Parse(split);

    // As FilePaths finds files: in the exact text first, then with '\' for '/', in another Unicode composition, without extension.
    private static ListRow[] InOwnSpelling(IReadOnlyList<ListRow> rows, ImageDataset dataset)
    {
        string[] all = [.. dataset.Images.Select(image => image.RelativePath).Distinct()];
        var paths = all.ToHashSet(StringComparer.Ordinal);
        ILookup<string, string> bySimple = all.SelectMany(path => new[] { (Key: UnicodeForm.Compose(path), path), (Key: Path.ChangeExtension(UnicodeForm.Compose(path), null), path) })
            .Distinct().ToLookup(entry => entry.Key, entry => entry.path, StringComparer.Ordinal);
        return [.. rows.Select(row => row with { Path = InOwnSpelling(row.Path) })];

        string InOwnSpelling(string path)
        {
            if (paths.Contains(path)) return path;
            string plain = path.Trim().Replace('\\', '/');
            plain = plain.StartsWith("./", StringComparison.Ordinal) ? plain[2..] : plain;
            string[] candidates = paths.Contains(plain) ? [plain] : [.. bySimple[UnicodeForm.Compose(plain)]];
            return candidates.Length == 1 ? candidates[0] : plain;
        }
    }

    private static IEnumerable<string> Differences(ImageDataset dataset, string[] unlisted, ListRow[] rows, string file)
    {
        if (unlisted.Length > 0)
            yield return $"{Counted.Of(unlisted.Length, "image")} left out, because '{file}' does not name them: {LabelNames.Quote(unlisted)}.";
        ILookup<string, string> labels = dataset.Images.ToLookup(image => image.RelativePath, image => image.Label, StringComparer.Ordinal);
        string[] gone = [.. rows.Where(row => !labels.Contains(row.Path)).Select(row => row.Path)];
        if (gone.Length > 0)
            yield return $"{Counted.Of(gone.Length, "image")} in '{file}' and no longer in the data set: {LabelNames.Quote(gone)}.";
        string[] relabelled =
        [
            .. from row in rows
               where row.Label is not null && labels.Contains(row.Path) && !labels[row.Path].Contains(row.Label, StringComparer.Ordinal)
               select row.Path,
        ];
        if (relabelled.Length > 0)
            yield return $"{Counted.Of(relabelled.Length, "image")} with another label in '{file}', of which the data set's counts: "
                + $"{LabelNames.Quote(relabelled)}.";
    }

    private static string RelativeTo(string? trainRoot, string? root, LabeledImage image) =>
        trainRoot is null || root == trainRoot ? image.RelativePath : FolderWalk.Relative(trainRoot, image.Path);
}
