using System.Globalization;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Queueing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>The product's own endpoints: models and predictions.</summary>
internal static class ClassificationEndpoints
{
    private const int DefaultTop = 5;

    /// <summary>All models.</summary>
    public static JsonHttpResult<ModelList> ListModels(ServedModels models) => TypedResults.Json(
        new ModelList([.. models.All.Select(model => (model.Name, model.Current)).Select(model =>
            new ModelSummary(model.Name, model.Current.Hash, model.Current.Engine.Labels.Count))]),
        ServingJson.Default.ModelList);

    /// <summary>One model.</summary>
    public static Results<JsonHttpResult<ModelCard>, ProblemHttpResult> ShowModel(string name, ServedModels models) =>
        models.Find(name) is { } model ? TypedResults.Json(Describe(model), ServingJson.Default.ModelCard) : NoModel();

    /// <summary>Predictions for the images of a request.</summary>
    public static Task<IResult> PredictAsync(
        string name, [FromQuery] string? top, [FromQuery] string? threshold, HttpContext context, [FromServices] PredictionParts parts)
    {
        if (parts.Models.Find(name) is not { } model) return Task.FromResult<IResult>(NoModel());
        if (!TryParse(top, threshold, out int count, out double sure))
        {
            return Task.FromResult<IResult>(Problem(
                StatusCodes.Status400BadRequest, "top is a whole number of 1 or more, threshold a probability from 0 to 1."));
        }

        return parts.Answers.RespondAsync(
            context,
            model,
            async cancellationToken => (0, await parts.Reader.ReadAsync(context.Request, cancellationToken).ConfigureAwait(false)),
            Problem,
            (_, images, answered) => Shape(new PredictionResponse(
                name, answered.Version, [.. answered.Answers.Select((answer, index) => Shape(images[index].Name, answer, count, sure))])));
    }

    /// <summary>A refusal as problem details.</summary>
    public static ProblemHttpResult Problem(int status, string reason) => TypedResults.Problem(reason, statusCode: status);

    private static ProblemHttpResult NoModel() =>
        Problem(StatusCodes.Status404NotFound, "There is no model of this name; GET models lists those there are.");

    private static bool TryParse(string? top, string? threshold, out int count, out double sure)
    {
        (count, sure) = (DefaultTop, 0);
        return (top is null || (int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0))
            && (threshold is null || (double.TryParse(threshold, NumberStyles.Float, CultureInfo.InvariantCulture, out sure) && sure is >= 0 and <= 1));
    }

    private static PredictionAnswer Shape(string? name, ImageAnswer answer, int count, double sure)
    {
        if (answer.Prediction is not { } prediction)
        {
            return new PredictionAnswer(name, null, null, IsUnsure: false, [],
                new ImageError(StatusCodes.Status422UnprocessableEntity, answer.Error?.Reason ?? "it cannot be read", answer.Error?.Format));
        }

        return new PredictionAnswer(
            name, prediction.PredictedLabel, prediction.Probability, prediction.Probability < sure, prediction.TopK(count), null);
    }

    // Where no image can be read the whole request is 422, with the same places for the reasons.
    private static IResult Shape(PredictionResponse response)
    {
        if (response.Predictions.Any(prediction => prediction.Error is null)) return TypedResults.Json(response, ServingJson.Default.PredictionResponse);
        string reason = response.Predictions is [var only] ? $"The image cannot be read: {only.Error?.Reason}." : "None of the images can be read.";
        return TypedResults.Problem(
            reason,
            statusCode: StatusCodes.Status422UnprocessableEntity,
            extensions: new Dictionary<string, object?> { ["predictions"] = response.Predictions });
    }

    private static ModelCard Describe(ServedModel model)
    {
        ModelVersion version = model.Current;
        ImageTrainer.Models.ModelManifest manifest = version.Engine.Manifest;
        return new ModelCard(
            model.Name,
            version.Hash,
            version.LoadedAt,
            manifest.Labels,
            manifest.Metrics,
            manifest.Backbone.Name,
            manifest.Network.Precision,
            manifest.Preprocessing.Width,
            manifest.Training.ImageCount,
            manifest.FineTuning?.Stages,
            version.Engine.Device.Device.ToString(),
            model.LastFailure,
            version.Training);
    }
}

/// <summary>What predictions over HTTP are made with.</summary>
/// <param name="Models">The models.</param>
/// <param name="Reader">Takes images out of requests.</param>
/// <param name="Answers">Asks the queue.</param>
internal sealed record PredictionParts(ServedModels Models, ImageRequestReader Reader, ImageAnswers Answers);
