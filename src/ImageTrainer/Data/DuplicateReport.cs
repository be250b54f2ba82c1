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
