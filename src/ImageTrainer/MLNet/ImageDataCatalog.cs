using ImageTrainer.Data;

namespace Microsoft.ML;

/// <summary>A data set in two parts without a photo in common.</summary>
/// <param name="TrainSet">The part to fit on.</param>
/// <param name="TestSet">The part held out.</param>
/// <param name="Duplicates">What comparing the files byte for byte showed.</param>
public sealed record ImageTrainTestData(IDataView TrainSet, IDataView TestSet, DuplicateReport Duplicates);

/// <summary>Labelled images as data of ML.NET.</summary>
public static class ImageDataCatalog
{
    /// <summary>
    /// Loads a folder that has a folder per class; train/ with validation/ or test/ beside it, each with a folder per class; or a list, text with the
    /// columns path and label and perhaps split. Nothing is decoded.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">Path of the folder or list.</param>
    /// <returns>
    /// Rows with ImagePath and Label, both text, and Split: train, validation or test where the set is divided, else empty.
    /// </returns>
    /// <exception cref="DatasetException">There is no such folder or list, or it has no images.</exception>
    public static IDataView LoadFromImageFolder(this DataOperationsCatalog catalog, string path) =>
        catalog.LoadFromImageFolder(path, out _);

    /// <inheritdoc cref="LoadFromImageFolder(DataOperationsCatalog, string)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">Path of the folder or list.</param>
    /// <param name="ignoredFiles">What was found beside the images and left out, with the reasons.</param>
    public static IDataView LoadFromImageFolder(this DataOperationsCatalog catalog, string path, out IReadOnlyList<IgnoredFile> ignoredFiles)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        DividedDataset divided = DatasetSource.Read(path, DatasetReading.OfContent(CancellationToken.None));
        ignoredFiles = divided.All.IgnoredFiles;
        return new ImageDataView(divided.All, divided.PartByPath);
    }

    /// <summary>
    /// Sets some photos of each class aside for testing, the same ones for the same seed everywhere. Byte-identical files count as one photo and stay
    /// together, and the classes keep their shares. A set that its author has divided keeps that division: all that is for testing is the test set.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="images">What <see cref="LoadFromImageFolder(DataOperationsCatalog, string)"/> gave.</param>
    /// <param name="testFraction">Share of each class to set aside, between 0 and 1, both excluded.</param>
    /// <param name="seed">Chooses which ones.</param>
    /// <exception cref="ArgumentException">The rows come from elsewhere: split those by ML.NET's own TrainTestSplit.</exception>
    /// <exception cref="DatasetException">No class has two different photos, or a file cannot be read any more.</exception>
    public static ImageTrainTestData TrainTestSplitImages(this DataOperationsCatalog catalog, IDataView images, double testFraction = 0.2, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(images);
        if (images is not ImageDataView { Dataset: var dataset } view)
            throw new ArgumentException($"Only what {nameof(LoadFromImageFolder)} gave can be split by photo; use TrainTestSplit for other rows.", nameof(images));
        if (view.PartByPath is { } parts && parts.Values.Contains(DatasetPart.Test))
        {
            var divided = new DividedDataset(dataset, parts);
            bool IsTest(LabeledImage image) => parts.TryGetValue(image.RelativePath, out DatasetPart part) && part == DatasetPart.Test;
            return new ImageTrainTestData(
                new ImageDataView(dataset.Subset(dataset.Images.Where(image => !IsTest(image)))), new ImageDataView(divided.Part(DatasetPart.Test)!),
                dataset.FindDuplicates());
        }

        TrainTestData split = dataset.TrainTestSplit(testFraction, seed);
        return new ImageTrainTestData(new ImageDataView(split.Train), new ImageDataView(split.Test), split.Duplicates);
    }
}
