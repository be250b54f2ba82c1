using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.AspNetCore.Models;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>What the models say of the images of a request.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">The version that answered: SHA-256 of its model.zip, lower-case hex.</param>
/// <param name="Predictions">One an image, in the order they were sent.</param>
public sealed record PredictionResponse(string Model, string Version, IReadOnlyList<PredictionAnswer> Predictions);

/// <summary>What a model says of one image, or why it cannot be read.</summary>
/// <param name="Name">The name its sender gave it, or null.</param>
/// <param name="PredictedLabel">The likeliest label; null where the image cannot be read.</param>
/// <param name="Probability">Its probability, 0 to 1.</param>
/// <param name="IsUnsure">Whether that is less than the threshold asked for.</param>
/// <param name="Labels">The likeliest labels, best first; empty where the image cannot be read.</param>
/// <param name="Error">Why the image cannot be read; null where it can.</param>
public sealed record PredictionAnswer(
    string? Name, string? PredictedLabel, float? Probability, bool IsUnsure, IReadOnlyList<LabelProbability> Labels, ImageError? Error);

/// <summary>Why an image cannot be read.</summary>
/// <param name="Status">422.</param>
/// <param name="Reason">The reason, in one clause.</param>
/// <param name="Format">The format that the content shows ("jpeg", "png", ...), or null where it shows none.</param>
public sealed record ImageError(int Status, string Reason, string? Format);

/// <summary>The models that are served.</summary>
/// <param name="Models">In the order they were registered.</param>
public sealed record ModelList(IReadOnlyList<ModelSummary> Models);

/// <summary>A model in a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">SHA-256 of its model.zip, lower-case hex.</param>
/// <param name="LabelCount">How many labels it has.</param>
public sealed record ModelSummary(string Name, string Version, int LabelCount);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">SHA-256 of its model.zip, lower-case hex.</param>
/// <param name="LoadedAt">Since when this version answers.</param>
/// <param name="Labels">The labels.</param>
/// <param name="Metrics">Metrics on held-out images, by name, as measured when it was trained; empty where nothing was held out.</param>
/// <param name="Backbone">The pretrained network it was built from.</param>
/// <param name="Precision">"fp32" or "int8".</param>
/// <param name="InputSize">Side of the network's input in pixels.</param>
/// <param name="TrainImageCount">Images it was trained on.</param>
/// <param name="FineTunedStages">The stages of the network that were trained too, or null.</param>
/// <param name="Device">Where it runs.</param>
/// <param name="ReloadFailure">Why the file in its place now is not served; null where it is.</param>
/// <param name="Training">How it did on held-out images, as `train` wrote it beside the model.zip; null where it is not there.</param>
public sealed record ModelCard(
    string Name,
    string Version,
    DateTimeOffset LoadedAt,
    IReadOnlyList<string> Labels,
    IReadOnlyDictionary<string, double> Metrics,
    string Backbone,
    string Precision,
    int InputSize,
    int TrainImageCount,
    string? FineTunedStages,
    string Device,
    string? ReloadFailure,
    TrainingReport? Training);

/// <summary>Images as JSON.</summary>
/// <param name="Images">The images.</param>
internal sealed record JsonImages(IReadOnlyList<JsonImage> Images);

/// <summary>An image as JSON.</summary>
/// <param name="Content">The bytes of its file, in base64.</param>
/// <param name="Name">A name that comes back with its answer, or null.</param>
internal sealed record JsonImage(byte[] Content, string? Name = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PredictionResponse))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(JsonImages))]
internal sealed partial class ServingJson : JsonSerializerContext;
