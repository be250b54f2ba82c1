using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training;

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
