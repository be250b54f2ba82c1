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
}
