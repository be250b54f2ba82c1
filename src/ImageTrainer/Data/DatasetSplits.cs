namespace ImageTrainer.Data;

/// <summary>A data set as its author, or a file of splits, has divided it.</summary>
/// <param name="Train">The images to fit on.</param>
/// <param name="Validation">The images to choose settings by, or null where none are set aside.</param>
/// <param name="Test">The images to measure the finished model by, or null where none are set aside;
/// <see cref="ImageDataset.TrainTestSplit"/> makes some.</param>
public sealed record DatasetSplits(ImageDataset Train, ImageDataset? Validation = null, ImageDataset? Test = null)
{
    /// <summary>What was found beside the images and left out.</summary>
    public IReadOnlyList<IgnoredFile> IgnoredFiles { get; init; } = [];

    /// <summary>What the person who made the data set should know, in whole sentences.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>All parts as one set again.</summary>
    public ImageDataset Combine() => Train.Subset(Parts.SelectMany(part => part.Images.Images));

    /// <summary>The parts there are.</summary>
    internal IEnumerable<(DatasetPart Part, ImageDataset Images)> Parts
    {
        get
        {
            yield return (DatasetPart.Train, Train);
            if (Validation is not null)
                yield return (DatasetPart.Validation, Validation);
            if (Test is not null)
                yield return (DatasetPart.Test, Test);
        }
    }

    /// <summary>
    /// The images held out whose file lies, byte for byte, in <see cref="Train"/> too. A model knows their answer, so they make it look
    /// better than it is.
    /// </summary>
    /// <exception cref="DatasetException">A file cannot be read any more.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public IReadOnlyList<LabeledImage> FindLeakedImages(CancellationToken cancellationToken = default)
    {
        HashSet<ContentHash> known = [.. Train.ComputeContentHashes(null, cancellationToken)];
        return
        [
            .. from part in Parts
               where part.Part != DatasetPart.Train
               from image in part.Images.Images.Zip(part.Images.ComputeContentHashes(null, cancellationToken))
               where known.Contains(image.Second)
               select image.First,
        ];
    }
}
