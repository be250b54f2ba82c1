using ImageTrainer.Files;

namespace ImageTrainer.Data;

/// <summary>A data set as its author, or a file of splits, has divided it.</summary>
/// <param name="Train">The images to fit on.</param>
/// <param name="Validation">The images to choose settings by, or null where none are set aside.</param>
/// <param name="Test">The images to measure the finished model by, or null where none are set aside;
/// <see cref="ImageDataset.TrainTestSplit"/> makes some.</param>
public sealed record DatasetSplits(ImageDataset Train, ImageDataset? Validation = null, ImageDataset? Test = null)
{
    /// <summary>What was found beside the images and left out.</summary>
    public IReadOnlyList<IgnoredFile> IgnoredFiles { get; init; } = [];

    /// <summary>What the person who made the data set should know, in whole sentences.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>All parts as one set again.</summary>
    public ImageDataset Combine() => Train.Subset(Parts.SelectMany(part => part.Images.Images));

    /// <summary>The parts there are.</summary>
    internal IEnumerable<(DatasetPart Part, ImageDataset Images)> Parts
    {
        get
        {
            yield return (DatasetPart.Train, Train);
            if (Validation is not null)
                yield return (DatasetPart.Validation, Validation);
            if (Test is not null)
                yield return (DatasetPart.Test, Test);
        }
    }

    /// <summary>
    /// The images held out whose bytes lie in <see cref="Train"/> too, and test images whose bytes lie in <see cref="Validation"/>. A
    /// model has learned
    /// or been chosen by their answers, so they make it look better than it is. Pairs of parts without such images are not listed.
    /// </summary>
    /// <exception cref="DatasetException">A file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public IReadOnlyList<PartCopies> FindCopiesAcrossParts(CancellationToken cancellationToken = default)
    {
        (DatasetPart Part, ImageDataset Images, ContentHash[] Hashes)[] parts =
            [.. Parts.Select(part => (part.Part, part.Images, part.Images.ComputeContentHashes(cancellationToken)))];
        return
        [
            .. from other in parts
               let known = other.Hashes.ToHashSet()
               from part in parts
               where part.Part > other.Part
               let copies = part.Images.Images.Zip(part.Hashes).Where(image => known.Contains(image.Second)).Select(image => image.First).ToArray()
               where copies.Length > 0
               select new PartCopies(DatasetPartNames.NameOf(part.Part), DatasetPartNames.NameOf(other.Part), copies),
        ];
    }

    /// <summary>
    /// Refuses what no model can learn or be measured on: fewer than two classes, or held-out labels that are not in train.
    /// </summary>
    /// <param name="source">Full path to name: the data set's, or that of the file that divides it.</param>
    /// <exception cref="DatasetException">It is so; says which labels.</exception>
    internal void RequireTrainable(string source)
    {
        if (Train.Labels.Count < 2)
            throw new DatasetException(
                source, $"'{source}' has images of one class only, '{Train.Labels[0]}', and telling classes apart needs two; {HintForMore(source)}");
        foreach ((DatasetPart part, ImageDataset images) in Parts)
        {
            IReadOnlyList<string> unknown = images.UnknownLabels(Train.Labels);
            if (unknown.Count > 0)
                throw new DatasetException(
                    source,
                    $"'{source}' has {LabelNames.Quote(unknown)} in {DatasetPartNames.NameOf(part)} and not in train, where there are "
                        + $"{LabelNames.Quote(Train.Labels)}; a model cannot know what it was not shown. Make the labels agree.");
        }
    }

    /// <summary>Refuses an image that is in two parts.</summary>
    /// <exception cref="DatasetException">One is.</exception>
    internal void RequireDisjoint()
    {
        var parts = new Dictionary<string, DatasetPart>(StringComparer.Ordinal);
        foreach ((DatasetPart part, ImageDataset images) in Parts)
        {
            foreach (LabeledImage image in images.Images)
            {
                if (parts.TryAdd(image.Path, part) || parts[image.Path] == part) continue;
                throw new DatasetException(
                    image.Path,
                    $"'{image.Path}' is in {DatasetPartNames.NameOf(parts[image.Path])} and in {DatasetPartNames.NameOf(part)}; what a model is "
                        + "measured or calibrated on must not be what it learns from. Name other images.");
            }
        }
    }

    private string HintForMore(string source)
    {
        if (IgnoredFiles.FirstOrDefault(file => !file.Reason.StartsWith(FolderLitter.Reason, StringComparison.Ordinal) && Directory.Exists(Path.Join(source, file.RelativePath))) is { } folder)
            return $"'{folder.RelativePath}' is left out, because {folder.Reason}.";
        string inner = Path.Join(source, Train.Labels[0]);
        return Train.Images.All(image => image.RelativePath.Count(c => c == '/') > 1) && Directory.Exists(inner)
            ? $"if the class folders lie in '{inner}', name that."
            : "add a folder, or lines of a list, for at least one more.";
    }
}
