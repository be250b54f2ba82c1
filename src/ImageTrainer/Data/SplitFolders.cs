namespace ImageTrainer.Data;

/// <summary>
/// Where the class folders of a data set lie: directly in its folder, in that of a wrapper, or in the folders of the parts into which its author has
/// divided it (train/, validation/, test/, in any of the usual spellings).
/// </summary>
/// <param name="Classes">Full path of the folder whose folders are the classes; of a divided data set the one that holds the parts.</param>
/// <param name="Parts">The folders of the parts; empty where it is not divided.</param>
/// <param name="Notices">What was decided, in whole sentences.</param>
internal sealed record SplitFolders(string Classes, IReadOnlyList<PartFolder> Parts, IReadOnlyList<string> Notices)
{
    /// <summary>Whether its author has divided it.</summary>
    public bool IsDivided => Parts.Count > 0;

    /// <summary>Recognises the layout of a folder.</summary>
    /// <exception cref="DatasetException">It is divided, and it is not clear which folder is what.</exception>
    public static SplitFolders Find(string root) => new SplitFolderSearch(root).Find();
}

/// <summary>A folder that holds images of one part.</summary>
/// <param name="Part">What they are for.</param>
/// <param name="Folder">Full path.</param>
/// <param name="Label">The class of all images in it, or null where it holds a folder per class.</param>
internal sealed record PartFolder(DatasetPart Part, string Folder, string? Label = null);
