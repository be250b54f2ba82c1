namespace ImageTrainer.Data;

/// <summary>
/// A set of labelled image files: paths and labels, nothing decoded. Immutable and safe for concurrent use; the same files give the same
/// set in the same order on every platform.
/// </summary>
public sealed class ImageDataset
{
    private readonly ContentHashMemo _hashes;

    internal ImageDataset(string? root, IEnumerable<LabeledImage> images, ContentHashMemo? hashes = null)
    {
        Root = root;
        Images = [.. images.OrderBy(image => image.RelativePath, StringComparer.Ordinal).ThenBy(image => image.Label, StringComparer.Ordinal)];
        LabelCounts = [.. Images.CountBy(image => image.Label, StringComparer.Ordinal)
            .OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => new LabelCount(count.Key, count.Value))];
        Labels = [.. LabelCounts.Select(count => count.Label)];
        _hashes = hashes ?? new ContentHashMemo();
    }

    /// <summary>
    /// Full path of the folder that relative paths start from: the data set's own, or its list's. Null for a set made in memory.
    /// </summary>
    public string? Root { get; }

    /// <summary>The images, in ordinal order of relative path.</summary>
    public IReadOnlyList<LabeledImage> Images { get; }

    /// <summary>The labels that occur, each once, in ordinal order.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What was found beside the images and left out; empty for the parts of a split.</summary>
    public IReadOnlyList<IgnoredFile> IgnoredFiles { get; private init; } = [];

    /// <summary>
    /// What the person who made the data set should know, in whole sentences: empty class folders, labels that differ only in spaces.
    /// </summary>
    public IReadOnlyList<string> Notices { get; private init; } = [];

    /// <summary>Number of images of each label, in the order of <see cref="Labels"/>.</summary>
    public IReadOnlyList<LabelCount> LabelCounts { get; }

    /// <summary>
    /// Reads a folder that has a folder per class; the class folder's name is the label, and folders within it belong to it. Files that are
    /// no images by their content are listed in <see cref="IgnoredFiles"/>; hidden files are not even that. The folder is never written to.
    /// </summary>
    /// <exception cref="DatasetException">There is no such folder, it has no images, or it is split into train/ and test/
    /// folders.</exception>
    public static ImageDataset FromFolder(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string root = DatasetFolderReader.RequireFolder(folder);
        SplitFolders layout = SplitFolders.Find(root);
        if (layout.IsDivided)
            throw new DatasetException(
                root,
                $"'{root}' is split into folders such as train/ and test/, which are no classes; "
                    + "load it with DatasetSource.Load, or name one of those folders.");
        return DatasetFolderReader.Read(root, layout, DatasetReading.OfNames).All;
    }

    /// <summary>
    /// Reads a list: comma-, tab- or semicolon-separated text whose header names the columns "path" and "label", in any order and
    /// letter case, or as
    /// other tools call them (filename, image_id, class, category); JSON lines; or lines of path and label alone. Paths are relative to
    /// the list's
    /// folder or absolute; other columns are passed over.
    /// </summary>
    /// <exception cref="DatasetException">There is no such file, it is no such list, or it names files that are missing.</exception>
    public static ImageDataset FromList(string csvOrTsv)
    {
        ArgumentNullException.ThrowIfNull(csvOrTsv);
        return DatasetListReader.Read(csvOrTsv, DatasetReading.OfNames).All;
    }

    /// <summary>
    /// Reads a folder or a list with all its images, whether it is split or not; <see cref="DatasetSource.Load(string)"/> keeps the
    /// parts apart.
    /// </summary>
    /// <exception cref="DatasetException">There is no such folder or list, or it has no images.</exception>
    public static ImageDataset Load(string path) => DatasetSource.Read(path, DatasetReading.OfNames).All;

    /// <summary>
    /// Makes a data set of images that the caller names; nothing is read. Relative paths are taken from the folder that is current now.
    /// </summary>
    /// <exception cref="ArgumentException">An image is null, or lacks its path, relative path or label; the message says which.</exception>
    /// <exception cref="DatasetException">There are no images.</exception>
    public static ImageDataset FromImages(IEnumerable<LabeledImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var dataset = new ImageDataset(root: null, images.Select((image, i) => WhatIsMissing(image) is { } missing
            ? throw new ArgumentException($"Image {i}, counted from 0, {missing}.", nameof(images))
            : image with { Path = Path.GetFullPath(image.Path) }));
        return dataset.Images.Count > 0 ? dataset : throw new DatasetException(null, "A data set needs images, and none were given.");
    }

    /// <summary>
    /// Sets some photos of each class aside for testing, the same ones for the same seed on every platform, whatever the files are called.
    /// Byte-identical files count as one photo and stay together; of a class with n photos, round(n * testFraction) are set aside, but at
    /// least one and never all. A class with one photo keeps it for training, as do photos that lie under two labels, whose answer is not
    /// known.
    /// </summary>
    /// <param name="testFraction">Share of each class to set aside, between 0 and 1, both excluded. Default 0.2.</param>
    /// <param name="seed">Chooses which ones. Default 1.</param>
    /// <param name="cancellationToken">Stops the reading of files, which takes as long as the disk needs for all of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not between 0 and 1.</exception>
    /// <exception cref="DatasetException">No class has two different photos, or a file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public TrainTestData TrainTestSplit(double testFraction = 0.2, int seed = 1, CancellationToken cancellationToken = default)
    {
        if (testFraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The share must lie between 0 and 1, both excluded.");
        ContentHash[] hashes = ComputeContentHashes(cancellationToken);
        bool[] isTest = StratifiedSplit.ChooseTest(Images, hashes, testFraction, seed);
        DuplicateReport duplicates = DuplicateSearch.Search(Images, hashes);
        if (!isTest.Contains(true)) throw NothingToTest(duplicates.Conflicts.Count);
        return new TrainTestData(Subset(Images.Where((_, i) => !isTest[i])), Subset(Images.Where((_, i) => isTest[i])), duplicates);
    }

    /// <summary>Compares all files byte for byte.</summary>
    /// <exception cref="DatasetException">A file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public DuplicateReport FindDuplicates(CancellationToken cancellationToken = default) =>
        DuplicateSearch.Search(Images, ComputeContentHashes(cancellationToken));

    /// <summary>
    /// A hash of what the set consists of, to tell later whether a model was trained on the same data: SHA-256 over the relative path, the
    /// SHA-256 of the content and the label of every image, in ordinal order. Where the folder lies and when files were changed plays no
    /// part.
    /// </summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="DatasetException">A file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public string ComputeFingerprint(CancellationToken cancellationToken = default) =>
        DatasetFingerprint.Compute(Images, ComputeContentHashes(cancellationToken)).ToString();

    /// <summary>The position of each image's label in a list of labels, such as a model's.</summary>
    /// <param name="labels">The labels that count.</param>
    /// <returns>One position an image, in the order of <see cref="Images"/>.</returns>
    /// <exception cref="DatasetException">The set has labels that are not in the list; names them.</exception>
    public int[] LabelIndices(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        IReadOnlyList<string> unknown = UnknownLabels(labels);
        if (unknown.Count > 0)
            throw new DatasetException(
                Root,
                $"The model does not know {LabelNames.Quote(unknown)}; it knows {LabelNames.Quote(labels)}. "
                    + "Rename or leave out the unknown ones.");
        var positions = labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
        return [.. Images.Select(image => positions[image.Label])];
    }

    /// <summary>The labels of this set that a list of labels, such as a model's, lacks, in ordinal order.</summary>
    public IReadOnlyList<string> UnknownLabels(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return [.. Labels.Except(labels, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The SHA-256 of each image's bytes, in the order of <see cref="Images"/>; files hashed before, for this set or a part of it, are not
    /// read again.
    /// </summary>
    /// <param name="cancellationToken">Stops between two blocks of a file.</param>
    /// <exception cref="DatasetException">A file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    internal ContentHash[] ComputeContentHashes(CancellationToken cancellationToken) =>
        _hashes.HashesOf([.. Images.Select(image => image.Path)], cancellationToken);

    /// <summary>The same files with paths relative to another folder.</summary>
    internal ImageDataset Moved(string root) =>
        new(root, Images.Select(image => image with { RelativePath = FolderWalk.Relative(root, image.Path) }), _hashes);

    /// <summary>This set with what was found on the way.</summary>
    internal ImageDataset With(IReadOnlyList<IgnoredFile> ignoredFiles, IReadOnlyList<string> notices) =>
        new(Root, Images, _hashes) { IgnoredFiles = ignoredFiles, Notices = notices };

    /// <summary>The SHA-256 of an image's bytes where it is known already and the file is as it was then; asking for it opens nothing.</summary>
    internal ContentHash? FindHash(LabeledImage image) => _hashes.FindOfUnchanged(image.Path);

    /// <summary>A part of this set that shares its known content hashes.</summary>
    internal ImageDataset Subset(IEnumerable<LabeledImage> images) => new(Root, images, _hashes);

    private static string? WhatIsMissing(LabeledImage? image) => image switch
    {
        null => "is null",
        { Path: null or "" } => "has no path",
        { RelativePath: null or "" } => "has no relative path",
        { Label: null or "" } => "has no label",
        _ => null,
    };

    private DatasetException NothingToTest(int conflictCount) => new(Root, conflictCount == 0
        ? "No images can be set aside for testing, because no class has two different photos; add photos to each class."
        : "No images can be set aside for testing, because no class has two different photos of its own: "
            + $"{Counted.Of(conflictCount, "photo")} {(conflictCount == 1 ? "lies" : "lie")} under two labels; keep each under one, or add photos.");
}

/// <summary>One image file and the class it is said to show. Nothing is decoded.</summary>
/// <param name="Path">Full path of the file, as this machine writes paths; <see cref="ImageDataset.FromImages"/> makes it full where it is not.</param>
/// <param name="RelativePath">Path from the data set's root, separated by '/', the same on every platform: "daisy/1.jpg".</param>
/// <param name="Label">The class, in the exact text of the folder's name or the list's field.</param>
public sealed record LabeledImage(string Path, string RelativePath, string Label);

/// <summary>How many images of a data set have one label.</summary>
/// <param name="Label">The label.</param>
/// <param name="ImageCount">Number of its images, 1 or more.</param>
public sealed record LabelCount(string Label, int ImageCount);

/// <summary>A file that was found in a data set and left out of it.</summary>
/// <param name="RelativePath">Path from the data set's root, separated by '/'.</param>
/// <param name="Reason">Why, as one short clause without a full stop: "it is no image".</param>
/// <param name="IsUnreadable">Whether it may be an image: it could not be opened, or is a folder that could not be listed.</param>
public sealed record IgnoredFile(string RelativePath, string Reason, bool IsUnreadable = false);

/// <summary>A data set cannot be read or cannot be trained on.</summary>
public sealed class DatasetException : ImageTrainerException
{
    /// <summary>Describes one unusable data set.</summary>
    /// <param name="path">Path of the folder or list file, or null where the data set was made in memory.</param>
    /// <param name="message">Whole sentences: what is wrong, where, and the way out.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public DatasetException(string? path, string message, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>Path of the folder or list file, or null where the data set was made in memory.</summary>
    public string? Path { get; }
}
