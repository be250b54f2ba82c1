namespace ImageTrainer.Data;

/// <summary>
/// A data set in two parts without a photo in common: <c>(ImageDataset train, ImageDataset test) = data.TrainTestSplit();</c>
/// </summary>
/// <param name="Train">The part to fit on; has every label.</param>
/// <param name="Test">The part held out; labels with a single photo are absent.</param>
/// <param name="Duplicates">What comparing the files byte for byte showed. Copies of a photo lie on the same side as the photo.</param>
public sealed record TrainTestData(ImageDataset Train, ImageDataset Test, DuplicateReport Duplicates)
{
    /// <summary>Takes the two parts out, leaving the report.</summary>
    public void Deconstruct(out ImageDataset train, out ImageDataset test) => (train, test) = (Train, Test);
}
