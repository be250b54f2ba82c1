using ImageTrainer.MLNet;
using ImageTrainer.Training;

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
