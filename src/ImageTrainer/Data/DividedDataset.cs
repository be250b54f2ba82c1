namespace ImageTrainer.Data;

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
