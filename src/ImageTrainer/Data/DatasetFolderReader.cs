namespace ImageTrainer.Data;

/// <summary>Reads folders of class folders into one data set. One object reads one data set.</summary>
internal sealed class DatasetFolderReader
{
    private readonly string _root;
    private readonly FolderWalk _walk;
    private readonly List<LabeledImage> _images = [];
    private readonly List<IgnoredFile> _ignored = [];
    private readonly List<string> _notices = [];
    private int _unlabelledCount;

    private readonly DatasetReading _reading;

    private DatasetFolderReader(string root, DatasetReading reading) => (_root, _walk, _reading) = (root, new FolderWalk(root), reading);

    /// <summary>The full path of a folder that exists, without a separator at its end.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    public static string RequireFolder(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Directory.Exists(full))
            return full;
        throw new DatasetException(full, File.Exists(full)
            ? $"'{full}' is a file; a folder that has a folder per class is wanted here."
            : $"There is no folder '{full}'; check the path.");
    }

    /// <summary>Reads a folder whose class folders lie where its layout says.</summary>
    /// <param name="root">Full path, as <see cref="RequireFolder"/> gives it.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="reading">How its files are looked at.</param>
    /// <exception cref="DatasetException">It has no images in class folders.</exception>
    public static DividedDataset Read(string root, SplitFolders layout, DatasetReading reading)
    {
        var reader = new DatasetFolderReader(root, reading);
        reader._notices.AddRange(layout.Notices);
        if (layout.IsDivided) return reader.ReadParts(layout);
        reader.AddClasses(layout.Classes);
        return new DividedDataset(reader.Finish());
    }

    private DividedDataset ReadParts(SplitFolders layout)
    {
        var partByPath = new Dictionary<string, DatasetPart>(StringComparer.Ordinal);
        var partByFolder = new Dictionary<string, DatasetPart>(StringComparer.Ordinal);
        foreach (PartFolder part in layout.Parts.OrderBy(part => part.Part))
        {
            int alreadyCount = _images.Count;
            if (part.Label is null) AddClasses(part.Folder);
            else AddFiles([.. _walk.Files(part.Folder).Select(file => (file, (string?)part.Label))]);
            foreach (LabeledImage image in _images.Skip(alreadyCount))
                partByPath.Add(image.RelativePath, part.Part);
            partByFolder[FolderWalk.Relative(_root, part.Folder) + '/'] = part.Part;
            if (_images.Count == alreadyCount)
                _notices.Add($"'{part.Folder}' has no images{(part.Label is null ? " in class folders" : "")} and is left out.");
        }

        return new DividedDataset(Finish(), partByPath, partByFolder);
    }

    private void AddClasses(string folder)
    {
        var files = new List<(string Path, string? Label)>();
        var emptyClasses = new List<string>();
        foreach (FileSystemInfo entry in _walk.Entries(folder))
        {
            if (entry is FileInfo)
                files.Add((entry.FullName, null));
            else
            {
                files.AddRange(_walk.Files(entry.FullName).Select(file => (file, (string?)entry.Name)));
                emptyClasses.Add(entry.Name);
            }
        }

        ProbeFinding?[] findings = AddFiles(files);
        HashSet<string?> labels = [.. files.Where((_, i) => findings[i] is null).Select(file => file.Label)];
        emptyClasses.RemoveAll(labels.Contains);
        ILookup<string?, int> unreadable =
            Enumerable.Range(0, files.Count).Where(i => findings[i] is { IsUnreadable: true }).ToLookup(i => files[i].Label);
        foreach (string label in emptyClasses.Where(label => unreadable.Contains(label)))
        {
            _notices.Add(
                $"WARNING: '{label}' in '{folder}' holds {Counted.Of(unreadable[label].Count(), "image")} and none that can be read, "
                + $"so there is no such class: {findings[unreadable[label].First()]!.Reason}.");
        }

        emptyClasses.RemoveAll(unreadable.Contains);
        if (emptyClasses.Count > 0)
            _notices.Add($"{LabelNames.Quote(emptyClasses)} in '{folder}' holds no images, so there is no such class.");
    }

    private ProbeFinding?[] AddFiles(List<(string Path, string? Label)> files)
    {
        ProbeFinding?[] findings = FileProbe.WhyNotImages([.. files.Select(file => file.Path)], _reading.Hashes, _reading.CancellationToken);
        for (int i = 0; i < findings.Length; i++)
            AddFile(files[i].Path, files[i].Label, findings[i]);
        return findings;
    }

    private void AddFile(string path, string? label, ProbeFinding? whyNotAnImage)
    {
        string relative = FolderWalk.Relative(_root, path);
        if (whyNotAnImage is not null)
            _ignored.Add(new IgnoredFile(relative, whyNotAnImage.Reason, whyNotAnImage.IsUnreadable));
        else if (label is not null)
            _images.Add(new LabeledImage(path, relative, label));
        else
        {
            _ignored.Add(new IgnoredFile(relative, "it lies outside the class folders and so has no label"));
            _unlabelledCount++;
        }
    }

    private ImageDataset Finish()
    {
        IgnoredFile[] ignored = [.. _ignored.Concat(_walk.Ignored).OrderBy(file => file.RelativePath, StringComparer.Ordinal)];
        if (_images.Count == 0)
            throw new DatasetException(_root, DescribeNoImages(ignored));
        if (_unlabelledCount > 0)
            _notices.Add($"{Counted.Of(_unlabelledCount, "image")} outside the class folders of '{_root}' left out, for want of a label.");
        var dataset = new ImageDataset(_root, _images, _reading.Hashes);
        return dataset.With(ignored, [.. _notices, .. LabelNames.FindLookalikes(dataset.Labels)]);
    }

    private string DescribeNoImages(IgnoredFile[] ignored)
    {
        if (_unlabelledCount > 0)
            return $"{Counted.Of(_unlabelledCount, "image")} in '{_root}' outside class folders, and none in them; "
                + "put those of each class into a folder named after it.";
        string example = ignored.Length == 0
            ? ""
            : $" among {Counted.Of(ignored.Length, "file")} (such as '{ignored[0].RelativePath}': {ignored[0].Reason})";
        return $"'{_root}' has no images{example}; "
            + "put a folder per class there, named after it, with the images (JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF) in it.";
    }
}
