using System.Text.Json.Serialization;
using ImageTrainer.Imaging;

namespace ImageTrainer;

/// <summary>One image of a batch: its prediction, or why it could not be read.</summary>
/// <param name="Path">Path as the caller gave it; empty where the image came from memory or a stream.</param>
/// <param name="Prediction">The prediction, or null where the image could not be read.</param>
/// <param name="Error">Why it could not be read, or null; not in JSON, which exceptions do not go into.</param>
public sealed record ImagePredictionResult(string Path, ImagePrediction? Prediction, [property: JsonIgnore] ImageDecodeException? Error)
{
    /// <summary>The error's message, or null.</summary>
    public string? ErrorMessage => Error?.Message;
}
