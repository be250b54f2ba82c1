namespace ImageTrainer.Data;

/// <summary>Reads a list of images with their labels, and the part each belongs to where the list has a column "split".</summary>
internal static class DatasetListReader
{
    private const int MaxNamedCount = 10;

    /// <summary>Reads a list.</summary>
    /// <param name="list">Path of the list.</param>
    /// <exception cref="DatasetException">There is no such file, it is no such list, it contradicts itself, it has no images, or files it
    /// names are missing.</exception>
    public static DividedDataset Read(string list)
    {
        string file = Path.GetFullPath(list);
        if (!File.Exists(file))
            throw new DatasetException(file, $"There is no list '{file}'; check the path.");
        IReadOnlyList<ListRow> rows = ListTable.Read(file, "path", "label");
        string root = Path.GetDirectoryName(file)!;
        string[] paths = ResolveAll(rows, root, file);
        ProbeFinding?[] findings = FileProbe.WhyNotImages(paths);
        IEnumerable<(ListRow Row, LabeledImage Image)> all =
            rows.Select((row, i) => (row, new LabeledImage(paths[i], FolderWalk.Relative(root, paths[i]), row.Label!)));
        (ListRow Row, LabeledImage Image)[] images = [.. all.Where((_, i) => findings[i] is null)];
        if (images.Length == 0)
            throw new DatasetException(file, $"'{file}' lists no images; add a line with path and label for each.");
        IReadOnlyDictionary<string, DatasetPart>? parts =
            rows[0].Split is null ? null : SplitsFile.PartByPath(images.Select(image => (image.Row, image.Image.RelativePath)), file);
        LabeledImage[] distinct = [.. images.Select(image => image.Image).Distinct()];
        var dataset = new ImageDataset(root, distinct);
        return new DividedDataset(
            dataset.With([.. IgnoredRows(rows, paths, findings, root)], [.. NoticesOf(dataset, images.Length - distinct.Length, file)]),
            parts);
    }

    private static string[] ResolveAll(IReadOnlyList<ListRow> rows, string root, string file)
    {
        string?[] paths = [.. rows.Select(row => Resolve(row.Path, root))];
        string[] missing = [.. rows.Where((_, i) => paths[i] is null).Select(row => $"line {row.Line}: '{row.Path}'")];
        if (missing.Length == 0)
            return paths!;
        string more = missing.Length > MaxNamedCount ? $"; and {missing.Length - MaxNamedCount} more" : "";
        throw new DatasetException(
            file,
            $"'{file}' names {Counted.Of(missing.Length, "file")} not to be found ({string.Join("; ", missing.Take(MaxNamedCount))}{more}); "
                + $"paths are relative to '{root}'. Correct the paths or take the lines out.");
    }

    // The exact text first: on Linux a file's name may hold a backslash, and begin or end with a space.
    private static string? Resolve(string path, string root)
    {
        string[] spellings = [path, path.Replace('\\', '/'), path.Trim().Replace('\\', '/')];
        return spellings
            .Where(spelling => spelling.Length > 0 && !spelling.Contains('\0'))
            .Select(spelling => Path.GetFullPath(spelling, root))
            .FirstOrDefault(File.Exists);
    }

    private static IEnumerable<IgnoredFile> IgnoredRows(IReadOnlyList<ListRow> rows, string[] paths, ProbeFinding?[] findings, string root) =>
        from row in rows.Index()
        let finding = findings[row.Index]
        where finding is not null
        let relative = FolderWalk.Relative(root, paths[row.Index])
        orderby relative, row.Item.Line
        select new IgnoredFile(relative, $"{finding.Reason} (line {row.Item.Line} of the list)", finding.IsUnreadable);

    private static IEnumerable<string> NoticesOf(ImageDataset dataset, int repeatedCount, string file)
    {
        if (repeatedCount > 0)
            yield return $"{Counted.Of(repeatedCount, "line")} of '{file}' left out, because an earlier line has the same path and label.";
        foreach (string notice in LabelNames.FindSpaced(dataset.Labels).Concat(LabelNames.FindLookalikes(dataset.Labels)))
            yield return notice;
    }
}
