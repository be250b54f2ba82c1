using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Models;
using ImageTrainer.Rows;
using ImageTrainer.Training;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>What ImageTrainer adds to the catalogs of an <see cref="MLContext"/>.</summary>
public static class ImageTrainerCatalog
{
    /// <summary>
    /// A trainer of image classifiers: a pretrained network turns images into features, and a head is fitted on them. Works without a network
    /// connection; docs/mlnet.md says how to come from Microsoft.ML.Vision.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The column of labels: text or keys.</param>
    /// <param name="featureColumnName">The column of images: paths of files as text, the bytes of files, or decoded images.</param>
    /// <param name="scoreColumnName">The column of probabilities that comes out.</param>
    /// <param name="predictedLabelColumnName">The column of predicted keys that comes out.</param>
    /// <param name="validationSet">Images to calibrate on and to compare epochs on, with the same columns; null for a part of the others.</param>
    public static ImageClassificationTrainer ImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        IDataView? validationSet = null) =>
        catalog.ImageClassification(new ImageClassificationTrainer.Options
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ValidationSet = validationSet,
        });

    /// <summary>A trainer of image classifiers with options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each.</exception>
    public static ImageClassificationTrainer ImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ImageClassificationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ImageClassificationTrainer(options) { Environment = CatalogEnvironment.Of(catalog) };
    }

    /// <summary>
    /// Adds what a pretrained network says of images, for ML.NET's own trainers and for search by likeness: one network run on every core, without
    /// TensorFlow and without a network connection.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of features that comes out, a vector of numbers.</param>
    /// <param name="inputColumnName">The column of images: paths of files as text, the bytes of files, or decoded images.</param>
    /// <param name="backbone">The network: "auto" for the best that can be had, a name, or the path of a weight file.</param>
    public static ImageFeaturizingEstimator FeaturizeImages(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, string backbone = "auto") =>
        catalog.FeaturizeImages(outputColumnName, inputColumnName, new ImageClassificationOptions { Backbone = backbone });

    /// <inheritdoc cref="FeaturizeImages(TransformsCatalog, string, string, string)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of features that comes out, a vector of numbers.</param>
    /// <param name="inputColumnName">The column of images: paths of files as text, the bytes of files, or decoded images.</param>
    /// <param name="options">The network, its size and where it runs; the rest counts for nothing.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each.</exception>
    public static ImageFeaturizingEstimator FeaturizeImages(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, ImageClassificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(options);
        return new ImageFeaturizingEstimator(outputColumnName, inputColumnName, options);
    }
}

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
    /// Loads a list of labelled images: CSV, TSV or JSON lines with the columns path and label and perhaps split, in any order; paths are
    /// absolute or from the list's folder. Nothing is decoded. A list given to
    /// <see cref="LoadFromImageFolder(DataOperationsCatalog, string)"/> is read the same.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">Path of the list.</param>
    /// <inheritdoc cref="LoadFromImageFolder(DataOperationsCatalog, string)" path="/returns"/>
    /// <exception cref="DatasetException">
    /// There is no such list, it names files that are missing, it contradicts itself, or it has no images.
    /// </exception>
    public static IDataView LoadFromImageList(this DataOperationsCatalog catalog, string path) =>
        catalog.LoadFromImageList(path, out _);

    /// <inheritdoc cref="LoadFromImageList(DataOperationsCatalog, string)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">Path of the list.</param>
    /// <param name="ignoredFiles">What the list names and was left out, with the reasons.</param>
    public static IDataView LoadFromImageList(this DataOperationsCatalog catalog, string path, out IReadOnlyList<IgnoredFile> ignoredFiles)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
        {
            string folder = Path.GetFullPath(path);
            throw new DatasetException(folder, $"'{folder}' is a folder, not a list of images: {nameof(LoadFromImageFolder)} reads it.");
        }

        return catalog.LoadFromImageFolder(path, out ignoredFiles);
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

/// <summary>What ML.NET's metrics do not say.</summary>
public static class ClassificationReportCatalog
{
    /// <summary>
    /// Measures scored rows as Evaluate does, and adds the interval of the accuracy, the calibration error and precision, recall and F1 of each class.
    /// Rows without a label, and rows whose image could not be read, are left out, as Evaluate leaves them out.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="data">Rows that a model has transformed.</param>
    /// <param name="labelColumnName">The column of labels: text or keys with texts.</param>
    /// <param name="scoreColumnName">The column of probabilities, with the labels as slot names.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or no row is left.</exception>
    public static ClassificationReport CreateReport(
        this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        DataViewSchema.Column label = Require(data, labelColumnName), score = Require(data, scoreColumnName);
        string[] labels = LabelAnnotations.Texts(score, LabelAnnotations.SlotNames)
            ?? throw new ArgumentException($"The column '{scoreColumnName}' does not name its labels; it is not the scores of a classifier.", nameof(data));
        Dictionary<string, int> places = labels.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        var scores = new List<float>();
        var classes = new List<int>();
        using DataViewRowCursor rows = data.GetRowCursor([label, score]);
        Func<string> text = LabelReader.Create(rows, label);
        ValueGetter<VBuffer<float>> getScores = rows.GetGetter<VBuffer<float>>(score);
        VBuffer<float> row = default;
        while (rows.MoveNext())
        {
            getScores(ref row);
            if (!places.TryGetValue(text(), out int place) || row.DenseValues().Any(float.IsNaN)) continue;
            scores.AddRange(row.DenseValues());
            classes.Add(place);
        }

        return ClassificationReport.Compute(scores.ToArray(), classes.ToArray(), labels);
    }

    private static DataViewSchema.Column Require(IDataView data, string name) =>
        data.Schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}'.", nameof(data));
}
