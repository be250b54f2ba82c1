using System.Text.Json.Serialization;

namespace ImageTrainer.Evaluation;

/// <summary>
/// How well a model does on N labelled images. Names and definitions are those of ML.NET's MulticlassClassificationMetrics where that has them,
/// and the figures the same; the interval, the calibration error and the rows per class are added. What is not defined for the images is NaN, and null in JSON.
/// </summary>
public sealed record ClassificationReport
{
    private const int MaxTopK = 5;

    private ClassificationReport()
    {
    }

    /// <summary>N, the number of images; 1 or more.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Share of the images that are predicted right, 0 to 1: each image counts the same.</summary>
    public required double MicroAccuracy { get; init; }

    /// <summary>
    /// Where the micro-accuracy on all such images lies with 95 % confidence, had the model been measured on more of them: Wilson's score
    /// interval. 36 right of 40 is 0.90, and says 0.77 to 0.96.
    /// </summary>
    public required ConfidenceInterval MicroAccuracyInterval { get; init; }

    /// <summary>
    /// Mean over the classes that occur of the share of their images that are predicted right, 0 to 1: each class counts the same.
    /// </summary>
    public required double MacroAccuracy { get; init; }

    /// <summary>
    /// Mean over the images of -ln(p), p the probability given to the true class, not below 1e-15; 0 (always certain and right) to 34.5.
    /// ML.NET: MulticlassClassificationMetrics.LogLoss.
    /// </summary>
    public required double LogLoss { get; init; }

    /// <summary>
    /// (prior - LogLoss) / prior, where prior = -sum over classes of q ln q is the log-loss of always answering with the shares q that the
    /// classes have among these images: 1 is perfect, 0 no better than the shares, below 0 worse. NaN where all images are of one class.
    /// ML.NET: MulticlassClassificationMetrics.LogLossReduction.
    /// </summary>
    [JsonConverter(typeof(UndefinedAsNullConverter))]
    public required double LogLossReduction { get; init; }

    /// <summary>k of <see cref="TopKAccuracy"/>: 5, or the number of classes where there are fewer.</summary>
    public required int TopKPredictionCount { get; init; }

    /// <summary>
    /// Share of the images whose true class is among the k with the highest scores, 0 to 1; among equal scores the first classes.
    /// </summary>
    public double TopKAccuracy => TopKAccuracyForAllK[^1];

    /// <summary>The same share for k = 1 (the micro-accuracy), 2, ... up to <see cref="TopKPredictionCount"/>.</summary>
    public required IReadOnlyList<double> TopKAccuracyForAllK { get; init; }

    /// <summary>
    /// Mean distance between the probability of the predicted class and the share of such predictions that are right, over 15 bins of equal
    /// width (Guo et al. 2017, equation 3); 0 (probabilities can be taken at their word) to 1.
    /// </summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>Precision, recall and F1 of each class, in label order.</summary>
    public required IReadOnlyList<ClassMetrics> PerClass { get; init; }

    /// <summary>Which classes are taken for which.</summary>
    public required ConfusionTable ConfusionMatrix { get; init; }

    /// <summary>Computes the metrics.</summary>
    /// <param name="scores">Probabilities [N, K], row-major; a row sums to 1.</param>
    /// <param name="labels">The true class of each of the N images, as a position in the label names.</param>
    /// <param name="labelNames">The K class names; those without images among these may be among them.</param>
    /// <exception cref="ArgumentException">Sizes do not agree, there are no images, a label is out of range, or a score is no
    /// probability.</exception>
    public static ClassificationReport Compute(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, IReadOnlyList<string> labelNames)
    {
        ArgumentNullException.ThrowIfNull(labelNames);
        var images = new ScoredImages(scores, labels, labelNames.Count);
        var confusion = new ConfusionTable(labelNames, labels, images.Predicted);
        ClassMetrics[] perClass = [.. Enumerable.Range(0, labelNames.Count).Select(confusion.ClassMetricsOf)];
        bool[] isCorrect = [.. images.Ranks.Select(rank => rank == 0)];
        int correctCount = isCorrect.Count(correct => correct);
        int imageCount = labels.Length;
        int topKCount = Math.Min(MaxTopK, labelNames.Count);
        double prior = Entropy(perClass, imageCount);
        return new ClassificationReport
        {
            ImageCount = imageCount,
            MicroAccuracy = (double)correctCount / imageCount,
            MicroAccuracyInterval = ConfidenceInterval.Wilson(correctCount, imageCount),
            MacroAccuracy = perClass.Where(row => row.Support > 0).Average(row => row.Recall),
            LogLoss = images.LogLoss,
            LogLossReduction = prior > 0 ? (prior - images.LogLoss) / prior : double.NaN,
            TopKPredictionCount = topKCount,
            TopKAccuracyForAllK = [.. Enumerable.Range(1, topKCount).Select(k => (double)images.Ranks.Count(rank => rank < k) / imageCount)],
            ExpectedCalibrationError = CalibrationError.Expected(images.Confidences, isCorrect),
            PerClass = perClass,
            ConfusionMatrix = confusion,
        };
    }

    /// <summary>A block of lines for a person to read, the classes worst first.</summary>
    public override string ToString() => MetricsText.Of(this);

    private static double Entropy(ClassMetrics[] perClass, int imageCount)
    {
        double entropy = 0;
        foreach (int support in perClass.Select(row => row.Support).Where(support => support > 0))
        {
            double share = (double)support / imageCount;
            entropy -= share * Math.Log(share);
        }

        return entropy;
    }
}
