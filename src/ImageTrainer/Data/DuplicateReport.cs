namespace ImageTrainer.Data;

/// <summary>What comparing the files of a data set byte for byte showed.</summary>
/// <param name="DuplicateCount">Number of files that are copies of another one: files less distinct contents.</param>
/// <param name="Conflicts">The photos that lie under more than one label, in ordinal order of their first path.</param>
public sealed record DuplicateReport(int DuplicateCount, IReadOnlyList<LabelConflict> Conflicts)
{
    /// <summary>The copies, each with the image that it is a copy of: the first of its content in ordinal order of path.</summary>
    public IReadOnlyList<ImageCopy> Copies { get; init; } = [];
}

/// <summary>Two files of the same bytes.</summary>
/// <param name="Copy">One of them.</param>
/// <param name="Original">The one that comes first.</param>
public sealed record ImageCopy(LabeledImage Copy, LabeledImage Original);

/// <summary>Images of one part of a data set whose bytes lie in another part too.</summary>
/// <param name="Part">Name of the part that the images are of: "validation" or "test".</param>
/// <param name="Other">Name of the part that holds their bytes too: "train" or "validation".</param>
/// <param name="Images">The images, one or more, in the order of their part.</param>
public sealed record PartCopies(string Part, string Other, IReadOnlyList<LabeledImage> Images);

/// <summary>The same photo, byte for byte, under more than one label: at least one of the labels is wrong.</summary>
/// <param name="Images">All images with this content, two or more, in ordinal order of relative path.</param>
public sealed record LabelConflict(IReadOnlyList<LabeledImage> Images);

/// <summary>Finds the copies and the contradictions among images by their content hashes.</summary>
internal static class DuplicateSearch
{
    /// <summary>Counts the copies and lists the photos that lie under more than one label.</summary>
    /// <param name="images">The images, in ordinal order of relative path.</param>
    /// <param name="hashes">Their content hashes, in the same order.</param>
    public static DuplicateReport Search(IReadOnlyList<LabeledImage> images, ContentHash[] hashes)
    {
        ILookup<ContentHash, LabeledImage> photos = images.Index().ToLookup(image => hashes[image.Index], image => image.Item);
        IEnumerable<LabelConflict> conflicts =
            from photo in photos
            where photo.DistinctBy(image => image.Label, StringComparer.Ordinal).Count() > 1
            select new LabelConflict([.. photo]);
        // One file named twice by a list is no copy of itself.
        int fileCount = images.DistinctBy(image => image.Path, StringComparer.Ordinal).Count();
        IEnumerable<ImageCopy> copies =
            from photo in photos
            from copy in photo.DistinctBy(image => image.Path, StringComparer.Ordinal).Skip(1)
            select new ImageCopy(copy, photo.First());
        return new DuplicateReport(fileCount - photos.Count, [.. conflicts]) { Copies = [.. copies] };
    }
}
