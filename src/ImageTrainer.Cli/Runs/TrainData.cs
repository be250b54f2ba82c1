using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Runs;

/// <summary>The images of one run, divided.</summary>
internal sealed class TrainData
{
    private readonly DatasetSplits _splits;

    private TrainData(DatasetSplits splits, ImageDataset test, DuplicateReport duplicates)
    {
        _splits = splits with { Test = test };
        Duplicates = duplicates;
        Test = test;
    }

    /// <summary>The images to learn from.</summary>
    public ImageDataset Train => _splits.Train;

    /// <summary>The images to calibrate on and to compare epochs on; null for a part of those to learn from.</summary>
    public ImageDataset? Validation => _splits.Validation;

    /// <summary>The images to measure on; never any of the others.</summary>
    public ImageDataset Test { get; }

    /// <summary>Files of the same bytes.</summary>
    public DuplicateReport Duplicates { get; }

    /// <summary>The images of all parts.</summary>
    public IEnumerable<LabeledImage> Images => _splits.Combine().Images;

    /// <summary>Files of the data set that were left out, of all parts.</summary>
    public IReadOnlyList<IgnoredFile> IgnoredFiles => _splits.IgnoredFiles;

    /// <summary>Reads the data set, divides it as asked, and says what it found.</summary>
    /// <exception cref="DatasetException">It cannot be read or not be divided so, or an image is in two parts.</exception>
    /// <exception cref="UsageException">Two ways of dividing were asked for at once.</exception>
    public static TrainData Load(TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        TrainData data = Read(arguments, log, cancellationToken);
        // Of the images to learn from, so that a run that goes on says what it said when it began.
        if (arguments.ClassWeights == ClassWeights.None) DatasetReport.SayImbalance(data.Train, log);
        return data;
    }

    private static TrainData Read(TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        if (arguments is { Resumes: true, RunDirectory: { } run } && File.Exists(Path.Combine(run, RunFolder.SplitsName)))
            arguments = arguments with { Splits = Path.Combine(run, RunFolder.SplitsName), TestFraction = null };
        DatasetSplits splits = DatasetSource.Load(
            arguments.Dataset,
            new DatasetParts { Validation = arguments.Validation, Test = arguments.Test, Splits = arguments.Splits },
            cancellationToken);
        if (arguments.Splits is { } file && splits.Test is null)
            throw new UsageException(
                $"'{file}' assigns no image of this data set to test. If the test images are elsewhere, name their folder with --test.");
        if (arguments is { Resumes: true, Splits: { } divided }) RequireAll(splits, divided);
        DatasetReport.SayFound(splits.Combine(), splits.IgnoredFiles, splits.Notices, log);
        if (splits.Test is null) return Divide(splits, arguments, log, cancellationToken);
        if (arguments.TestFraction is not null)
            throw new UsageException(
                "--test-fraction cannot be used here: the data set, --test or --splits says already which images are held out. "
                + "Leave it out.");
        SayHeldOut(splits.Test, ", as given", splits.Train, log);
        DuplicateReport duplicates = splits.Combine().FindDuplicates(cancellationToken);
        DatasetReport.SayDuplicates(duplicates, log);
        SayLeaked(splits, log, cancellationToken);
        return new TrainData(splits, splits.Test, duplicates);
    }

    /// <summary>Writes which image was used for what, to be fed back with <c>--splits</c>; nobody ever sees half of it.</summary>
    public void WriteSplits(string path)
    {
        string temporary = $"{path}.tmp";
        SplitsFile.Write(temporary, _splits);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Refuses to go on where images of the run are missing. A run that goes on is of the images that it began with.</summary>
    /// <exception cref="DatasetException">Some are; the message names the first.</exception>
    private static void RequireAll(DatasetSplits splits, string file)
    {
        IReadOnlyList<string> gone = SplitsFile.FindMissing(file, splits);
        if (gone.Count > 0)
            throw new DatasetException(
                splits.Train.Root,
                $"{Counted.Of(gone.Count, "image")} of the run cannot be found any more, the first is '{gone[0]}'; put them back to go on, "
                + "or delete the run's checkpoint and train anew.");
    }

    private static void SayHeldOut(ImageDataset test, string how, ImageDataset train, RunLog log) => log.Say(
        $"Held out for measuring: {Counted.Of(test.Images.Count, "image")}{how}; {train.Images.Count} to learn from.");

    /// <summary>Warns of byte-identical images in two parts, part by part: on those the model is measured on what it has learned.</summary>
    private static void SayLeaked(DatasetSplits splits, RunLog log, CancellationToken cancellationToken)
    {
        foreach ((string part, string other, IReadOnlyList<LabeledImage> images) in splits.FindCopiesAcrossParts(cancellationToken))
        {
            log.Say($"WARNING: byte-identical copies of {other} images in {part}: {images.Count}, so the figures flatter the model; "
                + $"the first is {images[0].RelativePath}.");
        }
    }

    /// <summary>Holds out a share of each class, copies of a photo on one side.</summary>
    private static TrainData Divide(DatasetSplits splits, TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        double fraction = arguments.TestFraction ?? TrainArguments.DefaultTestFraction;
        (ImageDataset train, ImageDataset test, DuplicateReport duplicates) =
            splits.Train.TrainTestSplit(fraction, arguments.Seed, cancellationToken);
        DatasetReport.SayDuplicates(duplicates, log);
        SayHeldOut(test, $" (seed {arguments.Seed})", train, log);
        DatasetSplits divided = splits with { Train = train, Test = test };
        if (splits.Validation is not null) SayLeaked(divided, log, cancellationToken);
        return new TrainData(divided, test, duplicates);
    }
}
