using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training;

/// <summary>What a model says of the images of a labelled data set, and how often it is right.</summary>
/// <param name="Metrics">The metrics over all readable images.</param>
/// <param name="Images">The N readable images, in data-set order.</param>
/// <param name="Predictions">One prediction an image, [N].</param>
/// <param name="BadImages">The images that could not be read; they are in no metric.</param>
public sealed record EvaluationResult(
    ClassificationReport Metrics,
    IReadOnlyList<LabeledImage> Images,
    IReadOnlyList<ImagePrediction> Predictions,
    IReadOnlyList<BadImage> BadImages)
{
    /// <summary>Holds the predictions of a loaded model against the labels of a data set.</summary>
    /// <param name="dataset">The data set; every image's label is one of the model's.</param>
    /// <param name="predictions">What <see cref="ImagePredictionEngine.PredictBatch"/> gives for the paths of all its images, in their
    /// order.</param>
    /// <param name="labels">The model's labels: <see cref="ImagePredictionEngine.Labels"/>.</param>
    /// <exception cref="ArgumentException">There are not as many predictions as images.</exception>
    /// <exception cref="DatasetException">A label is unknown to the model, or none of the images can be read.</exception>
    public static EvaluationResult FromPredictions(
        ImageDataset dataset, IReadOnlyList<ImagePredictionResult> predictions, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(predictions);
        if (predictions.Count != dataset.Images.Count)
            throw new ArgumentException($"There are {predictions.Count} predictions for {dataset.Images.Count} images.", nameof(predictions));
        dataset.LabelIndices(labels);
        ILookup<bool, int> byReadable = Enumerable.Range(0, predictions.Count).ToLookup(index => predictions[index].Prediction is not null);
        return EvaluationResults.Create(
            [.. byReadable[true].SelectMany(index => predictions[index].Prediction!.Score.ToArray())],
            [.. byReadable[true].Select(index => dataset.Images[index])],
            [.. byReadable[false].Select(index => new BadImage(dataset.Images[index], predictions[index].Error!.Reason))],
            labels);
    }

    /// <summary>Gives the metrics as a readable block.</summary>
    public override string ToString() => Metrics.ToString();
}

/// <summary>Makes evaluation results from scores.</summary>
internal static class EvaluationResults
{
    /// <summary>Computes metrics and wraps the rows as predictions.</summary>
    /// <param name="scores">Probabilities, [N, K], row-major.</param>
    /// <param name="images">The N images.</param>
    /// <param name="badImages">The images that have no row.</param>
    /// <param name="labels">The K labels; every image's label is one of them.</param>
    /// <exception cref="DatasetException">There is no image.</exception>
    public static EvaluationResult Create(
        float[] scores, IReadOnlyList<LabeledImage> images, IReadOnlyList<BadImage> badImages, IReadOnlyList<string> labels)
    {
        if (images.Count == 0)
        {
            string first = badImages is [var bad, ..] ? $" The first, '{bad.Image.Path}': {bad.Reason}." : "";
            throw new DatasetException(null, $"None of the {badImages.Count} images to evaluate on can be read.{first}");
        }

        Dictionary<string, int> indices = labels.Select((label, index) => (label, index)).ToDictionary(StringComparer.Ordinal);
        int[] classes = images.Select(image => indices[image.Label]).ToArray();
        ClassificationReport metrics = ClassificationReport.Compute(scores, classes, labels);
        ImagePrediction[] predictions = Enumerable.Range(0, images.Count)
            .Select(row => new ImagePrediction(scores.AsSpan(row * labels.Count, labels.Count).ToArray(), labels))
            .ToArray();
        return new EvaluationResult(metrics, images, predictions, badImages);
    }

    /// <summary>The headline numbers by name, for the manifest; undefined ones are left out.</summary>
    public static SortedDictionary<string, double> Summarize(ClassificationReport metrics)
    {
        var all = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["microAccuracy"] = metrics.MicroAccuracy,
            ["macroAccuracy"] = metrics.MacroAccuracy,
            ["logLoss"] = metrics.LogLoss,
            ["expectedCalibrationError"] = metrics.ExpectedCalibrationError,
            ["imageCount"] = metrics.ImageCount,
        };
        foreach (string name in all.Where(pair => !double.IsFinite(pair.Value)).Select(pair => pair.Key).ToArray())
            all.Remove(name);
        return all;
    }
}
