namespace ImageTrainer.Data;

/// <summary>What comparing the files of a data set byte for byte showed.</summary>
/// <param name="DuplicateCount">Number of files that are copies of another one: files less distinct contents.</param>
/// <param name="Conflicts">The photos that lie under more than one label, in ordinal order of their first path.</param>
public sealed record DuplicateReport(int DuplicateCount, IReadOnlyList<LabelConflict> Conflicts);
