using System.Globalization;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Data;

namespace ImageTrainer.Cli.Runs;

/// <summary>The images of one run, divided, and what was found on the way.</summary>
internal sealed class TrainData
{
    private const double ImbalanceRatio = 3;
    private const int MostListed = 10;

    private TrainData(DatasetSplits splits, ImageDataset test)
    {
        Splits = splits with { Test = test };
        Test = test;
    }

    public ImageDataset Train => Splits.Train;

    public ImageDataset? Validation => Splits.Validation;

    public ImageDataset Test { get; }

    public IReadOnlyList<IgnoredFile> IgnoredFiles => Splits.IgnoredFiles;

    private DatasetSplits Splits { get; }

    /// <summary>Reads the data set, divides it as asked, and says what it found.</summary>
    /// <exception cref="DatasetException">It cannot be read or not be divided so.</exception>
    /// <exception cref="UsageException">Two ways of dividing were asked for at once.</exception>
    public static TrainData Load(TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        DatasetSplits splits = ReadSplits(arguments);
        foreach (string notice in splits.Notices) log.Say(notice);
        Describe(splits, log);
        if (splits.Test is null) return Divide(splits, arguments, log, cancellationToken);
        ReportDuplicates(splits.Combine().FindDuplicates(cancellationToken), log);
        IReadOnlyList<LabeledImage> leaked = splits.FindLeakedImages(cancellationToken);
        if (leaked.Count > 0)
            log.Say($"WARNING: {leaked.Count} held-out images are byte-identical to training images, so the figures flatter the model; the first is {leaked[0].RelativePath}.");
        return new TrainData(splits, splits.Test);
    }

    /// <summary>Writes which image was used for what, to be fed back with <c>--splits</c>.</summary>
    public void WriteSplits(string path) => SplitsFile.Write(path, Splits);

    private static DatasetSplits ReadSplits(TrainArguments arguments)
    {
        if (arguments.Splits is not null && (arguments.Test ?? arguments.Validation) is not null)
            throw new UsageException("--splits already says what is held out; leave out --test and --validation.");
        DatasetSplits splits = arguments.Splits is { } file
            ? SplitsFile.Apply(ImageDataset.Load(arguments.Dataset), file)
            : DatasetSource.Load(arguments.Dataset);
        return splits with
        {
            Validation = LoadPart(arguments.Validation, splits) ?? splits.Validation,
            Test = LoadPart(arguments.Test, splits) ?? splits.Test,
        };
    }

    private static ImageDataset? LoadPart(string? path, DatasetSplits splits)
    {
        if (path is null) return null;
        ImageDataset part = ImageDataset.Load(path);
        part.LabelIndices(splits.Train.Labels);
        return part;
    }

    private static TrainData Divide(DatasetSplits splits, TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        (ImageDataset train, ImageDataset test, DuplicateReport duplicates) =
            splits.Train.TrainTestSplit(arguments.TestFraction, arguments.Seed, cancellationToken);
        ReportDuplicates(duplicates, log);
        log.Say($"Held out for measuring: {test.Images.Count} images (seed {arguments.Seed}); {train.Images.Count} to learn from.");
        return new TrainData(splits with { Train = train }, test);
    }

    private static void Describe(DatasetSplits splits, RunLog log)
    {
        IReadOnlyList<LabelCount> counts = splits.Combine().LabelCounts;
        int imageCount = counts.Sum(count => count.ImageCount);
        log.Say($"Data: {imageCount} images in {counts.Count} classes: {List(counts.Select(count => $"{count.Label} {count.ImageCount}"))}.");
        int largest = counts.Max(count => count.ImageCount);
        int smallest = counts.Min(count => count.ImageCount);
        if (largest >= ImbalanceRatio * smallest)
            log.Say(string.Create(CultureInfo.InvariantCulture,
                $"The largest class has {(double)largest / smallest:0.#} times the images of the smallest; consider --class-weights balanced."));
        if (splits.IgnoredFiles.Count > 0)
            log.Say($"Left out, no images: {splits.IgnoredFiles.Count} files: {List(splits.IgnoredFiles.Select(file => $"{file.RelativePath} ({file.Reason})"))}.");
    }

    private static void ReportDuplicates(DuplicateReport duplicates, RunLog log)
    {
        if (duplicates.DuplicateCount > 0)
            log.Say($"{duplicates.DuplicateCount} files are byte-identical copies of others; copies stay on one side of the split.");
        foreach (LabelConflict conflict in duplicates.Conflicts.Take(MostListed))
            log.Say($"WARNING: the same photo has two labels: {List(conflict.Images.Select(image => $"{image.RelativePath} ({image.Label})"))}.");
        if (duplicates.Conflicts.Count > MostListed)
            log.Say($"WARNING: and {duplicates.Conflicts.Count - MostListed} more photos with two labels.");
    }

    private static string List(IEnumerable<string> items)
    {
        string[] all = items.ToArray();
        return all.Length <= MostListed ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostListed))} and {all.Length - MostListed} more";
    }
}
