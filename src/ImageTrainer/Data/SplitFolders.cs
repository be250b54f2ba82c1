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

/// <summary>Recognises the layout of one data set's folder by the names of its folders and by which of them hold images.</summary>
/// <param name="root">Full path of the folder.</param>
internal sealed class SplitFolderSearch(string root)
{
    private const int MostWrappers = 8;
    private readonly FolderWalk _walk = new(root);
    private readonly List<string> _notices = [];

    /// <inheritdoc cref="SplitFolders.Find" path="/summary|/exception"/>
    public SplitFolders Find()
    {
        string folder = SeeThrough(root, isWrapper: (_, inner) => inner.Length > 1);
        if (folder != root)
            _notices.Add($"'{root}' holds one folder and nothing but folders in it, so the data set is '{folder}'.");
        DirectoryInfo[] folders = Folders(folder);
        PartFolder[] parts = FindNamed(folder, folders) ?? FindWithinClasses(folder, folders) ?? [];
        if (parts.Length == 0) RefuseUnnamed(folder, folders);
        return new SplitFolders(folder, parts, _notices);
    }

    // Part folders side by side: by their names alone where those say nothing else (train, test_set), by what is in them where they do (seg_train).
    private PartFolder[]? FindNamed(string folder, DirectoryInfo[] folders)
    {
        (DirectoryInfo Folder, DatasetPart? Part)[] named = [.. folders.Select(one => (one, DatasetPartNames.Parse(one.Name)))];
        int partCount = named.Select(one => one.Part).OfType<DatasetPart>().Distinct().Count();
        bool isNamed = partCount > 1 && named.Any(one => one.Part == DatasetPart.Train);
        bool isAlone = folders.Length == 1 && partCount == 1 && Folders(folders[0].FullName).Length > 0;
        if (!isNamed && !isAlone) named = FindLoosely(folders);
        if (named.Length == 0) return null;
        named = WithEvaluation(named);
        RequireOneEach(folder, named);
        RequireTrain(folder, named, isAlone);
        string[] others = [.. named.Where(one => one.Part is null).Select(one => one.Folder.Name)];
        if (others.Length > 0) _notices.Add($"{LabelNames.Quote(others)} beside train/ in '{folder}' is left out.");
        (DirectoryInfo Folder, DatasetPart? Part)[] parts = [.. named.Where(one => one.Part is not null)];
        if (!Array.TrueForAll(parts, one => one.Folder.Name.ToLowerInvariant() is "train" or "validation" or "val" or "valid" or "test"))
            _notices.Add($"'{folder}' is divided: {string.Join(", ", parts.Select(one => $"'{one.Folder.Name}' is {DatasetPartNames.NameOf(one.Part!.Value)}"))}.");
        // What holds the one folder of a part is a wrapper, unless another part has it among its classes.
        var classes = parts.Select(one => Folders(one.Folder.FullName)).Where(inner => inner.Length > 1).SelectMany(inner => inner)
            .Select(one => one.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. parts.Select(one => new PartFolder(
                one.Part!.Value, SeeThrough(one.Folder.FullName, (name, inner) => inner.Length > 1 && !classes.Contains(name)))),
        ];
    }

    // seg_train, seg_test and seg_pred: folders without images of their own whose names have a part's word and the same other words.
    private (DirectoryInfo Folder, DatasetPart? Part)[] FindLoosely(DirectoryInfo[] folders)
    {
        var named = folders.Select(one => (Folder: one, Name: DatasetPartNames.ParseLoosely(one.Name)))
            .Where(one => one.Name is not null && Array.Exists(Folders(one.Folder.FullName), _ => true) && !HasImages(one.Folder.FullName))
            .GroupBy(one => one.Name!.Value.Others, StringComparer.Ordinal)
            .FirstOrDefault(group => group.Select(one => one.Name!.Value.Part).Distinct().Count() > 1);
        return named is null
            ? []
            : [.. folders.Select(one => (one, named.FirstOrDefault(other => other.Folder == one).Name?.Part))];
    }

    // Beside a part for testing, "eval" is there to choose settings by.
    private static (DirectoryInfo Folder, DatasetPart? Part)[] WithEvaluation((DirectoryInfo Folder, DatasetPart? Part)[] named)
    {
        bool hasTest = Array.Exists(named, one => one.Part == DatasetPart.Test && !DatasetPartNames.IsEvaluation(one.Folder.Name));
        bool hasValidation = Array.Exists(named, one => one.Part == DatasetPart.Validation);
        return !hasTest || hasValidation
            ? named
            : [.. named.Select(one => DatasetPartNames.IsEvaluation(one.Folder.Name) && one.Part is not null ? (one.Folder, DatasetPart.Validation) : one)];
    }

    private void RequireOneEach(string folder, (DirectoryInfo Folder, DatasetPart? Part)[] named)
    {
        var twice = named.Where(one => one.Part is not null).GroupBy(one => one.Part).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
            throw new DatasetException(
                root, $"'{folder}' has {LabelNames.Quote([.. twice.Select(one => one.Folder.Name)])}, which mean the same; keep one of them.");
    }

    private void RequireTrain(string folder, (DirectoryInfo Folder, DatasetPart? Part)[] named, bool isAlone)
    {
        if (!isAlone && !Array.Exists(named, one => one.Part == DatasetPart.Train))
            throw new DatasetException(
                root, $"'{folder}' is divided into {LabelNames.Quote([.. named.Select(one => one.Folder.Name)])}, and none of them is train; name the folder to learn from train.");
    }

    // class/train and class/test.
    private PartFolder[]? FindWithinClasses(string folder, DirectoryInfo[] folders)
    {
        var classes = folders.Select(one => (Class: one, Parts: PartsIn(one))).Where(one => one.Parts.Length > 0 || HasAny(one.Class)).ToArray();
        if (!Array.Exists(classes, one => one.Parts.Length > 1)) return null;
        if (Array.Find(classes, one => one.Parts.Length == 0).Class is { } other)
            throw new DatasetException(
                root, $"'{folder}' has parts such as train and test in '{Array.Find(classes, one => one.Parts.Length > 0).Class.Name}' and none in '{other.Name}'; "
                    + "divide each class, or none.");
        _notices.Add($"'{folder}' has train and test in each class, so the classes are {LabelNames.Quote([.. classes.Select(one => one.Class.Name)])}.");
        return [.. classes.SelectMany(one => one.Parts)];
    }

    private PartFolder[] PartsIn(DirectoryInfo folder)
    {
        if (HasImages(folder.FullName)) return [];
        DirectoryInfo[] inner = Folders(folder.FullName);
        PartFolder[] parts =
        [
            .. inner.Select(one => (one.FullName, Part: DatasetPartNames.Parse(one.Name))).Where(one => one.Part is not null)
                .Select(one => new PartFolder(one.Part!.Value, one.FullName, folder.Name)),
        ];
        bool isDivided = parts.Length == inner.Length && parts.DistinctBy(part => part.Part).Count() == parts.Length;
        return isDivided && Array.TrueForAll(inner, one => Folders(one.FullName).Length == 0 || HasImages(one.FullName)) ? parts : [];
    }

    // Folders that hold the same folders and no images are no classes: a network would learn the parts and guess at chance.
    private void RefuseUnnamed(string folder, DirectoryInfo[] folders)
    {
        if (folders.Length < 2) return;
        HashSet<string>? common = null;
        foreach (DirectoryInfo one in folders)
        {
            if (HasImages(one.FullName)) return;
            string[] names = [.. Folders(one.FullName).Select(inner => inner.Name.ToLowerInvariant())];
            if (names.Length < 2) return;
            common ??= [.. names];
            if (!common.SetEquals(names)) return;
        }

        throw new DatasetException(
            root,
            $"'{folder}' has {LabelNames.Quote([.. folders.Select(one => one.Name)])}, which all hold {LabelNames.Quote([.. Folders(folders[0].FullName).Select(one => one.Name)])} "
                + "and no images of their own, so they look like parts of one data set and not like classes; name them train, validation and test, or name one of them. "
                + "If they are the classes, put their images directly into them.");
    }

    private string SeeThrough(string folder, Func<string, DirectoryInfo[], bool> isWrapper)
    {
        string found = folder;
        string at = folder;
        for (int i = 0; i < MostWrappers && !HasImages(at) && Folders(at) is [var inner] && !HasImages(inner.FullName); i++)
        {
            if (at == root && DatasetPartNames.Parse(inner.Name) is not null) break;
            at = inner.FullName;
            if (isWrapper(inner.Name, Folders(at)) || Folders(at) is [var only] && DatasetPartNames.Parse(only.Name) is not null) found = at;
        }

        return found;
    }

    private DirectoryInfo[] Folders(string folder) => [.. _walk.Entries(folder).OfType<DirectoryInfo>()];

    private bool HasAny(DirectoryInfo folder) => _walk.Entries(folder.FullName).Count > 0;

    private static bool HasImages(string folder) => FolderWalk.HasImages(folder);
}
