namespace ImageTrainer.Data;

/// <summary>Parts of a data set that are given beside it; each may be absent.</summary>
public sealed record DatasetParts
{
    /// <summary>
    /// Path of the images to choose settings by, a folder or a list; they take the place of the data set's own validation part.
    /// </summary>
    public string? Validation { get; init; }

    /// <summary>Path of the images to measure by; they take the place of the data set's own test part.</summary>
    public string? Test { get; init; }

    /// <summary>Path of a file as <see cref="SplitsFile"/> writes it, which says of every image what it is for.</summary>
    public string? Splits { get; init; }

    /// <summary>Reads the data set and these parts.</summary>
    internal DatasetSplits Read(string dataset, DatasetReading reading)
    {
        if (Splits is { } file) return ReadSplits(dataset, file, reading);
        DatasetSplits splits = DatasetSource.Load(dataset, reading);
        if (Validation is { } validation) splits = With(splits, DatasetPart.Validation, validation, reading);
        return Test is { } test ? With(splits, DatasetPart.Test, test, reading) : splits;
    }

    private static DatasetSplits With(DatasetSplits splits, DatasetPart part, string path, DatasetReading reading)
    {
        string name = DatasetPartNames.NameOf(part);
        (bool isTest, string root) = (part == DatasetPart.Test, splits.Train.Root!);
        DividedDataset divided = DatasetSource.Read(path, reading);
        ImageDataset? set = divided.Part(part);
        ImageDataset images = (set ?? divided.All).Moved(root);
        images.LabelIndices(splits.Train.Labels);
        HashSet<string> taken = [.. images.Images.Select(image => image.Path)];
        LabeledImage[] replaced = [.. ((isTest ? splits.Test : splits.Validation)?.Images ?? []).Where(image => !taken.Contains(image.Path))];
        string[] notices = [.. DivisionNotice(divided, set, name, path), .. ReplacedNotice(replaced, name, root)];
        return splits with
        {
            Validation = isTest ? splits.Validation : images,
            Test = isTest ? images : splits.Test,
            IgnoredFiles =
            [
                .. splits.IgnoredFiles, .. MovedIgnored(divided.All.Root, divided.IgnoredFilesOf(set is null ? null : part), root),
                .. replaced.Select(image => new IgnoredFile(image.RelativePath, $"--{name} names others")),
            ],
            Notices = [.. splits.Notices, .. divided.All.Notices, .. notices],
        };
    }

    private static IEnumerable<string> DivisionNotice(DividedDataset divided, ImageDataset? set, string name, string path)
    {
        if (divided.PartByPath is null) yield break;
        yield return set is null
            ? $"WARNING: '{path}' is divided and has no {name} part, so all of it is taken for --{name}."
            : $"Of '{path}', --{name} takes the {name} part.";
    }

    private static IEnumerable<string> ReplacedNotice(LabeledImage[] replaced, string name, string root)
    {
        if (replaced.Length > 0)
            yield return $"{Counted.Of(replaced.Length, "image")} of the {name} part of '{root}' left out, because --{name} names others.";
    }

    // Images of the other parts are among those that the file of splits names.
    private DatasetSplits ReadSplits(string dataset, string file, DatasetReading reading)
    {
        ImageDataset all = DatasetSource.Read(dataset, reading).All;
        ImageDataset[] others = [.. new[] { Validation, Test }.OfType<string>().Select(path => DatasetSource.Read(path, reading).All)];
        ImageDataset pool = all.Subset(all.Images.Concat(others.SelectMany(other => other.Moved(all.Root!).Images)).Distinct()).With(
            [.. all.IgnoredFiles, .. others.SelectMany(other => MovedIgnored(other.Root, other.IgnoredFiles, all.Root!))],
            [.. all.Notices, .. others.SelectMany(other => other.Notices)]);
        return SplitsFile.Apply(pool, file);
    }

    private static IEnumerable<IgnoredFile> MovedIgnored(string? from, IEnumerable<IgnoredFile> files, string root) =>
        files.Select(file => file with { RelativePath = FolderWalk.Relative(root, Path.Combine(from!, file.RelativePath)) });
}
