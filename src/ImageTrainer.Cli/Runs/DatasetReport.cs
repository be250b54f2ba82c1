using System.Globalization;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Runs;

/// <summary>Says what was found in a data set. Long lists are cut: the files of the run have all of it.</summary>
internal static class DatasetReport
{
    /// <summary>From how many times the images of the smallest class on the largest one is worth a word.</summary>
    private const double ImbalanceRatio = 3;

    /// <summary>How many files, and how many pairs of copies, a line names before it says how many more there are.</summary>
    private const int MostListed = 10, MostCopies = 3;

    /// <summary>Images and classes, and what was left out.</summary>
    /// <param name="images">The images of all parts.</param>
    /// <param name="ignored">Files in the data set that are no images, or cannot be opened.</param>
    /// <param name="notices">What the reader of the data set has to say, a sentence each.</param>
    /// <param name="log">Where to say it.</param>
    public static void SayFound(
        ImageDataset images, IReadOnlyList<IgnoredFile> ignored, IReadOnlyList<string> notices, RunLog log)
    {
        IReadOnlyList<LabelCount> counts = images.LabelCounts;
        log.Say($"Data: {Counted.Of(images.Images.Count, "image")} in {Plural(counts.Count, "class", "classes")}: "
            + $"{List(counts.Select(count => $"{count.Label} {count.ImageCount}"))}.");
        foreach (string notice in notices) log.Say(notice);
        // Those that cannot be read are told in the end, with the images of which that is found out on the way.
        IgnoredFile[] others = [.. ignored.Where(file => !file.IsUnreadable)];
        if (others.Length > 0)
            log.Say($"Left out: {Counted.Of(others.Length, "file")}: "
                + $"{List(others.Select(file => $"{file.RelativePath} ({file.Reason})"))}.");
    }

    /// <summary>Whether some classes have many times the images of others.</summary>
    /// <param name="train">The images to learn from; those held out have the same shares.</param>
    /// <param name="log">Where to say it.</param>
    public static void SayImbalance(ImageDataset train, RunLog log)
    {
        LabelCount largest = train.LabelCounts.MaxBy(count => count.ImageCount)!;
        LabelCount smallest = train.LabelCounts.MinBy(count => count.ImageCount)!;
        double ratio = (double)largest.ImageCount / smallest.ImageCount;
        if (ratio >= ImbalanceRatio)
            log.Say(string.Create(CultureInfo.InvariantCulture,
                $"Imbalance: '{largest.Label}' has {ratio:0.#} times the images of '{smallest.Label}'; ")
                + "consider --class-weights balanced.");
    }

    /// <summary>
    /// Photos that lie under two labels, of which no model can have both right; only files of one length are read to find them.
    /// </summary>
    public static void SayConflicts(ImageDataset images, RunLog log, CancellationToken cancellationToken)
    {
        try
        {
            IEnumerable<LabeledImage> alike = images.Images.GroupBy(image => new FileInfo(image.Path).Length)
                .Where(group => group.Count() > 1)
                .SelectMany(group => group);
            SayConflicts(ImageDataset.FromImages(alike).FindDuplicates(cancellationToken), log);
        }
        catch (Exception exception) when (exception is DatasetException or IOException)
        {
            // A file has gone since it was measured on.
        }
    }

    /// <summary>Byte-identical files, and those of them that have two labels.</summary>
    /// <param name="duplicates">What is byte-identical in the data set.</param>
    /// <param name="log">Where to say it.</param>
    public static void SayDuplicates(DuplicateReport duplicates, RunLog log)
    {
        if (duplicates.DuplicateCount > 0)
            log.Say($"Byte-identical copies of other images: {duplicates.DuplicateCount} (all in the run's {RunFolder.DuplicatesName}): "
                + $"{List(duplicates.Copies.Select(copy => $"{copy.Copy.RelativePath} of {copy.Original.RelativePath}"), MostCopies)}.");
        SayConflicts(duplicates, log);
    }

    /// <summary>Names each photo that lies under two labels or more, the first ten of them.</summary>
    /// <param name="duplicates">What is byte-identical in the data set.</param>
    /// <param name="log">Where to say it.</param>
    private static void SayConflicts(DuplicateReport duplicates, RunLog log)
    {
        foreach (LabelConflict conflict in duplicates.Conflicts.Take(MostListed))
        {
            IEnumerable<string> copies = conflict.Images.Select(image => $"{image.RelativePath} ({image.Label})");
            log.Say($"WARNING: the same photo has two labels: {List(copies)}.");
        }

        if (duplicates.Conflicts.Count > MostListed)
            log.Say($"WARNING: and {duplicates.Conflicts.Count - MostListed} more photos with two labels.");
    }

    /// <summary>Images whose colour profile could not be applied.</summary>
    public static void SayProfiles(UnappliedProfiles profiles, RunLog log)
    {
        if (profiles.Count == 0) return;
        string first = profiles.FirstPath is { } path ? $", the first {path}" : "";
        string images = Counted.Of((int)Math.Min(profiles.Count, int.MaxValue), "image");
        log.Say($"Notice: the colour profile of {images} cannot be applied{first}: read as sRGB.");
    }

    /// <summary>All that could not be read: images that are damaged, and files and folders that cannot be opened.</summary>
    /// <param name="bad">Images whose pixels could not be had.</param>
    /// <param name="ignored">Files that were left out when the data set was listed; those that could be read are passed over.</param>
    /// <returns>Both as one list, which is what exit code 5 counts.</returns>
    public static IReadOnlyList<IgnoredFile> Unreadable(IEnumerable<BadImage> bad, IEnumerable<IgnoredFile> ignored) =>
    [
        .. bad.Select(image => new IgnoredFile(image.Image.RelativePath, image.Reason, IsUnreadable: true)),
        .. ignored.Where(file => file.IsUnreadable),
    ];

    /// <summary>Images that could not be read.</summary>
    /// <param name="bad">The images, as <see cref="Unreadable"/> gives them.</param>
    /// <param name="file">The file that has all of them, or null where there is none and all are said.</param>
    /// <param name="log">Where to say it.</param>
    public static void SayUnreadable(IReadOnlyList<IgnoredFile> bad, string? file, RunLog log)
    {
        if (bad.Count == 0) return;
        string leftOut = bad.Count == 1 ? "was left out" : "were left out";
        string where = file is null ? "" : $"; all are in {file}";
        log.Say($"{Counted.Of(bad.Count, "file")} cannot be read and {leftOut}{where}:");
        foreach (IgnoredFile image in bad.Take(file is null ? bad.Count : MostListed))
            log.Say($"  {image.RelativePath}: {image.Reason}");
        if (file is not null && bad.Count > MostListed) log.Say($"  and {bad.Count - MostListed} more");
    }

    /// <summary>"1 class", "5 classes": for words that take more than an s.</summary>
    private static string Plural(int count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";

    /// <summary>The first items, and how many more there are: "crack 40, dent 40 and 3 more".</summary>
    private static string List(IEnumerable<string> items, int mostListed = MostListed)
    {
        string[] all = items.ToArray();
        string first = string.Join(", ", all.Take(mostListed));
        return all.Length <= mostListed ? first : $"{first} and {all.Length - mostListed} more";
    }
}
