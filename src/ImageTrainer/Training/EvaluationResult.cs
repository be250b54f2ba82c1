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
    /// <summary>Gives the metrics as a readable block.</summary>
    public override string ToString() => Metrics.ToString();
}
