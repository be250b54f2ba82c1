namespace ImageTrainer.Data;

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
