using System.Buffers.Binary;
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

/// <summary>
/// A data set in two parts without a photo in common: <c>(ImageDataset train, ImageDataset test) = data.TrainTestSplit();</c>
/// </summary>
/// <param name="Train">The part to fit on; has every label.</param>
/// <param name="Test">The part held out; labels with a single photo are absent.</param>
/// <param name="Duplicates">What comparing the files byte for byte showed. Copies of a photo lie on the same side as the photo.</param>
public sealed record TrainTestData(ImageDataset Train, ImageDataset Test, DuplicateReport Duplicates)
{
    /// <summary>Takes the two parts out, leaving the report.</summary>
    public void Deconstruct(out ImageDataset train, out ImageDataset test) => (train, test) = (Train, Test);
}

/// <summary>
/// Chooses the photos that are held out. Each photo draws a number from its content and the seed, and of each class those with the lowest
/// numbers are taken. So the choice depends neither on names nor on order, and photos added later push few others across.
/// </summary>
internal static class StratifiedSplit
{
    /// <summary>Decides for each image whether it is held out.</summary>
    /// <param name="images">The images.</param>
    /// <param name="hashes">Their content hashes, in the same order.</param>
    /// <param name="testFraction">Share of each class's distinct photos to hold out, between 0 and 1, both excluded.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>True for the images to hold out, in the order of the images.</returns>
    public static bool[] ChooseTest(IReadOnlyList<LabeledImage> images, ContentHash[] hashes, double testFraction, int seed)
    {
        var testPhotos = new HashSet<ContentHash>();
        foreach (IGrouping<string, ContentHash> photos in PhotosByLabel(images, hashes))
        {
            int testCount = TestCount(photos.Count(), testFraction);
            testPhotos.UnionWith(photos.OrderBy(photo => Draw(seed, photo)).Take(testCount));
        }

        return [.. hashes.Select(testPhotos.Contains)];
    }

    /// <summary>How many of a class's photos are held out: the nearest whole number, but one at least and never all.</summary>
    public static int TestCount(int photoCount, double testFraction) =>
        photoCount < 2 ? 0 : Math.Clamp((int)Math.Round(photoCount * testFraction, MidpointRounding.AwayFromZero), 1, photoCount - 1);

    // Photos under two labels are in no group, and so stay in training: there is no answer to test them against.
    private static IEnumerable<IGrouping<string, ContentHash>> PhotosByLabel(IReadOnlyList<LabeledImage> images, ContentHash[] hashes) =>
        from photo in images.Select((image, i) => (image.Label, Hash: hashes[i])).Distinct().GroupBy(photo => photo.Hash)
        where photo.Count() == 1
        group photo.Key by photo.Single().Label;

    private static ContentHash Draw(int seed, ContentHash photo)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int) + ContentHash.ByteCount];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        photo.CopyTo(bytes[sizeof(int)..]);
        return ContentHash.Of(bytes);
    }
}
