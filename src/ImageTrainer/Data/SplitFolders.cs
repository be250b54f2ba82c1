namespace ImageTrainer.Data;

/// <summary>
/// The folders of a data set that its author has divided: train/, and validation/ or test/ or both, each with a folder per class.
/// </summary>
/// <param name="Folders">Full path of each part's folder.</param>
/// <param name="OtherFolders">Names of the folders beside them, which are left out.</param>
internal sealed record SplitFolders(IReadOnlyDictionary<DatasetPart, string> Folders, IReadOnlyList<string> OtherFolders)
{
    /// <summary>
    /// Recognises a divided data set, or gives null for any other folder: it has train/ and at least one of validation/ and test/, or
    /// nothing but a train/ that holds folders. "train" alone among other folders is a class of that name.
    /// </summary>
    /// <exception cref="DatasetException">Two folders stand for one part, such as val/ and validation/.</exception>
    public static SplitFolders? Find(string root)
    {
        var walk = new FolderWalk(root);
        DirectoryInfo[] all = [.. walk.Entries(root).OfType<DirectoryInfo>()];
        ILookup<DatasetPart?, DirectoryInfo> byPart = all.ToLookup(folder => DatasetPartNames.Parse(folder.Name));
        int partCount = byPart.Count(group => group.Key is not null);
        bool isDivided = byPart.Contains(DatasetPart.Train)
            && (partCount > 1 || (all.Length == 1 && walk.Entries(all[0].FullName).OfType<DirectoryInfo>().Any()));
        if (!isDivided)
            return null;
        if (byPart.FirstOrDefault(group => group.Key is not null && group.Count() > 1) is { } twice)
            throw new DatasetException(
                root, $"'{root}' has {LabelNames.Quote([.. twice.Select(folder => folder.Name)])}, which mean the same; keep one of them.");
        return new SplitFolders(
            byPart.Where(group => group.Key is not null).ToDictionary(group => group.Key!.Value, group => group.Single().FullName),
            [.. byPart[null].Select(folder => folder.Name)]);
    }
}
