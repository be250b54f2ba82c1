using ImageTrainer.Imaging;

namespace ImageTrainer;

/// <summary>One image of a batch: its prediction, or why it could not be read.</summary>
/// <param name="Path">Path as the caller gave it.</param>
/// <param name="Prediction">The prediction, or null where the image could not be read.</param>
/// <param name="Error">Why it could not be read, or null.</param>
public sealed record ImagePredictionResult(string Path, ImagePrediction? Prediction, ImageDecodeException? Error);
