using ImageTrainer.Cli.Arguments;
using ImageTrainer.Data;

namespace ImageTrainer.Cli.Runs;

/// <summary>
/// Reads the parts of a run's data: the data set's own, those that <c>--validation</c> and <c>--test</c> name, or those of a file of splits. All paths
/// are relative to the data set to train on, so that no two files have the same.
/// </summary>
internal static class TrainParts
{
    /// <summary>Reads what the arguments name.</summary>
    /// <exception cref="DatasetException">It cannot be read or not be divided so.</exception>
    /// <exception cref="UsageException">A file of splits holds out nothing to measure on.</exception>
    public static DatasetSplits Read(TrainArguments arguments) =>
        arguments.Splits is { } file ? ReadSplits(arguments, file) : ReadParts(arguments);

    private static DatasetSplits ReadParts(TrainArguments arguments)
    {
        DatasetSplits splits = DatasetSource.Load(arguments.Dataset);
        if (arguments.Validation is { } validation) splits = With(splits, DatasetPart.Validation, validation);
        return arguments.Test is { } test ? With(splits, DatasetPart.Test, test) : splits;
    }

    private static DatasetSplits With(DatasetSplits splits, DatasetPart part, string path)
    {
        string name = DatasetPartNames.NameOf(part);
        (bool isTest, string root) = (part == DatasetPart.Test, splits.Train.Root!);
        DividedDataset divided = DatasetSource.Read(path);
        ImageDataset? set = divided.Part(part);
        ImageDataset images = Moved(set ?? divided.All, root);
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

    // The images of --validation and --test are among those that the file of splits names.
    private static DatasetSplits ReadSplits(TrainArguments arguments, string file)
    {
        ImageDataset all = ImageDataset.Load(arguments.Dataset);
        ImageDataset[] others = [.. new[] { arguments.Validation, arguments.Test }.OfType<string>().Select(ImageDataset.Load)];
        ImageDataset pool = all.Subset(all.Images.Concat(others.SelectMany(other => Moved(other, all.Root!).Images)).Distinct()).With(
            [.. all.IgnoredFiles, .. others.SelectMany(other => MovedIgnored(other.Root, other.IgnoredFiles, all.Root!))],
            [.. all.Notices, .. others.SelectMany(other => other.Notices)]);
        DatasetSplits splits = SplitsFile.Apply(pool, file);
        return splits.Test is not null
            ? splits
            : throw new UsageException(
                $"'{file}' holds out no image of the data set to measure on. If they lie elsewhere, name that with --test.");
    }

    private static ImageDataset Moved(ImageDataset images, string root) =>
        new(root, images.Images.Select(image => image with { RelativePath = FolderWalk.Relative(root, image.Path) }));

    private static IEnumerable<IgnoredFile> MovedIgnored(string? from, IEnumerable<IgnoredFile> files, string root) =>
        files.Select(file => file with { RelativePath = FolderWalk.Relative(root, Path.Combine(from!, file.RelativePath)) });
}
