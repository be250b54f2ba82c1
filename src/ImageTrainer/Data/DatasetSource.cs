namespace ImageTrainer.Data;

/// <summary>
/// Loads a data set to train on from whatever its author has: a folder per class, train/ and test/ folders of those, or a list.
/// </summary>
public static class DatasetSource
{
    /// <summary>
    /// Recognises what lies at a path and loads it: a folder that has a folder per class; a folder with train/ and validation/ or test/
    /// or both, in
    /// any of the usual spellings (training, test_set, seg_train, val, dev, holdout), each with a folder per class; class folders with
    /// train/ and test/ in each; or a list as <see cref="ImageDataset.FromList"/> reads it, whose column
    /// "split", if it has one, says train, validation (val, valid) or test.
    /// </summary>
    /// <exception cref="DatasetException">
    /// There is nothing at the path, or nothing to fit on; there are fewer than two classes to fit; or the held-out images have labels that
    /// the images to fit on have not.
    /// </exception>
    public static DatasetSplits Load(string path) => Load(path, DatasetReading.OfContent(CancellationToken.None));

    /// <summary>Loads a data set to train on, its files looked at in a way that others share.</summary>
    internal static DatasetSplits Load(string path, DatasetReading reading)
    {
        DividedDataset divided = Read(path, reading);
        string source = Path.GetFullPath(path);
        ImageDataset train = divided.Part(DatasetPart.Train)
            ?? throw new DatasetException(source, $"'{source}' has no images for training; at least two classes of images must be in train.");
        var splits = new DatasetSplits(train, divided.Part(DatasetPart.Validation), divided.Part(DatasetPart.Test))
        {
            IgnoredFiles = divided.All.IgnoredFiles,
            Notices = [.. divided.All.Notices, .. MistakablePartNames(divided.All)],
        };
        splits.RequireTrainable(source);
        return splits;
    }

    /// <summary>
    /// Loads a data set whose images to choose settings by, or to measure by, lie elsewhere, or that a file of splits divides. All
    /// paths are relative
    /// to the data set to train on, so that no two files have the same.
    /// </summary>
    /// <param name="path">The data set, as for <see cref="Load(string)"/>.</param>
    /// <param name="parts">What is given beside it.</param>
    /// <param name="cancellationToken">Stops the reading of files, each of which is read once from start to end.</param>
    /// <exception cref="DatasetException">
    /// One of them cannot be read or not be divided so, or an image is in two parts.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static DatasetSplits Load(string path, DatasetParts parts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        DatasetSplits splits = parts.Read(path, DatasetReading.OfContent(cancellationToken));
        splits.RequireDisjoint();
        return splits;
    }

    /// <summary>
    /// Reads the images at a path to measure a model by: of a divided data set its test part, else all; one class is enough.
    /// </summary>
    /// <exception cref="DatasetException">There is nothing at the path, or no images.</exception>
    public static ImageDataset LoadTest(string path)
    {
        DividedDataset divided = Read(path, DatasetReading.OfNames);
        ImageDataset? test = divided.Part(DatasetPart.Test);
        string[] notices = test is not null ? ["These are the test part of the data set."]
            : divided.PartByPath is null ? []
            : ["WARNING: the data set is divided and has no test part, so all of it is measured on, what models are trained on too."];
        return (test ?? divided.All).With(
            [.. divided.IgnoredFilesOf(test is null ? null : DatasetPart.Test)], [.. divided.All.Notices, .. notices]);
    }

    /// <summary>Recognises and reads all images at a path, without asking whether they can be trained on.</summary>
    /// <exception cref="DatasetException">There is nothing at the path, or no images.</exception>
    internal static DividedDataset Read(string path, DatasetReading reading)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
            return DatasetListReader.Read(path, reading);
        if (!Directory.Exists(path))
            throw new DatasetException(Path.GetFullPath(path), $"There is no folder and no list '{Path.GetFullPath(path)}'; check the path.");
        string root = DatasetFolderReader.RequireFolder(path);
        return DatasetFolderReader.Read(root, SplitFolders.Find(root), reading);
    }

    private static IEnumerable<string> MistakablePartNames(ImageDataset all)
    {
        string[] mistakable = [.. all.Labels.Where(label => DatasetPartNames.Parse(label) is not null)];
        if (mistakable.Length > 0)
            yield return $"{LabelNames.Quote(mistakable)} is taken for a class; a data set that is divided already has train/ and test/ or "
                + "validation/, each with a folder per class.";
    }
}

/// <summary>How the files of a data set are looked at while it is loaded.</summary>
/// <param name="Hashes">Takes their content hashes, so that files are read whole, and once; null to read no more than their first bytes.</param>
/// <param name="CancellationToken">Stops between two files.</param>
internal sealed record DatasetReading(ContentHashMemo? Hashes, CancellationToken CancellationToken)
{
    /// <summary>First bytes alone.</summary>
    public static DatasetReading OfNames => new(null, CancellationToken.None);

    /// <summary>All of each file.</summary>
    public static DatasetReading OfContent(CancellationToken cancellationToken) => new(new ContentHashMemo(), cancellationToken);
}

/// <summary>All images of a source, and what its author wants each one used for.</summary>
/// <param name="All">The images with what was found beside them.</param>
/// <param name="PartByPath">The part of each image by its relative path, or null where the source is not divided.</param>
/// <param name="PartByFolder">The part of each folder by its relative path with '/' at its end; null where folders do not divide it.</param>
internal sealed record DividedDataset(
    ImageDataset All, IReadOnlyDictionary<string, DatasetPart>? PartByPath = null, IReadOnlyDictionary<string, DatasetPart>? PartByFolder = null)
{
    /// <summary>What was left out beside the images of one part, or of all where it is null: of divided folders what lies in no other part's.</summary>
    public IEnumerable<IgnoredFile> IgnoredFilesOf(DatasetPart? part) => part is null || PartByFolder is null
        ? All.IgnoredFiles
        : All.IgnoredFiles.Where(file => !PartByFolder.Any(
            folder => folder.Value != part && (file.RelativePath + '/').StartsWith(folder.Key, StringComparison.Ordinal)));

    /// <summary>The images of one part, or null where there are none.</summary>
    public ImageDataset? Part(DatasetPart part)
    {
        if (PartByPath is null)
            return part == DatasetPart.Train ? All.Subset(All.Images) : null;
        LabeledImage[] images =
            [.. All.Images.Where(image => PartByPath.TryGetValue(image.RelativePath, out DatasetPart partOfImage) && partOfImage == part)];
        return images.Length > 0 ? All.Subset(images) : null;
    }
}

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
