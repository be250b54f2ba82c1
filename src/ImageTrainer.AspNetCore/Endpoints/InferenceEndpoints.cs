using System.Globalization;
using System.Text.Json.Nodes;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Queueing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>The endpoints of the Open Inference Protocol, version 2.</summary>
internal static class InferenceEndpoints
{
    private const string InputName = "image";

    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/", () => Json(new JsonObject
        {
            ["name"] = "imagetrainer",
            ["version"] = typeof(InferenceEndpoints).Assembly.GetName().Version?.ToString(3),
            ["extensions"] = new JsonArray("binary_tensor_data"),
        })).WithSummary("Describes the server");
        group.MapGet("/health/live", () => Json(new JsonObject { ["live"] = true })).WithSummary("Whether the server runs");
        group.MapGet("/health/ready", (ServedModels models) => Ready(models.All.All(model => model.IsLoaded), new JsonObject()))
            .WithSummary("Whether every model is ready");
        foreach (string path in new[] { "/models/{name}", "/models/{name}/versions/{version}" })
        {
            group.MapGet(path, Describe).WithSummary("Describes a model's tensors");
            group.MapGet($"{path}/ready", IsReady).WithSummary("Whether a model is ready");
            group.MapPost($"{path}/infer", InferAsync).WithSummary("Predicts: one tensor of BYTES, an image file an element");
        }
    }

    /// <summary>A refusal as the protocol has it.</summary>
    public static IResult Refuse(int status, string reason) => Json(new JsonObject { ["error"] = reason }, status);

    private static IResult Describe(string name, string? version, ServedModels models)
    {
        if (Find(models, name, version) is not { } model) return NoModel();
        int labelCount = model.Current.Engine.Labels.Count;
        return Json(new JsonObject
        {
            ["name"] = name,
            ["versions"] = new JsonArray(model.Current.ShortHash),
            ["platform"] = "imagetrainer",
            ["inputs"] = new JsonArray(Tensor(InputName, "BYTES", -1)),
            ["outputs"] = new JsonArray(
                Tensor(WantedOutput.Label, "BYTES", -1), Tensor(WantedOutput.Probability, "FP32", -1), Tensor(WantedOutput.Scores, "FP32", -1, labelCount)),
        });
    }

    private static IResult IsReady(string name, string? version, ServedModels models) =>
        Find(models, name, version) is { } model ? Ready(model.IsLoaded, new JsonObject { ["name"] = name }) : NoModel();

    private static Task<IResult> InferAsync(string name, string? version, HttpContext context, [FromServices] InferenceParts parts)
    {
        if (Find(parts.Models, name, version) is not { } model) return Task.FromResult(NoModel());
        return parts.Answers.RespondAsync(
            context, model, cancellationToken => ReadAsync(context.Request, parts, cancellationToken), Refuse,
            (request, _, answered) => Answer(context, model.Name, request, answered));
    }

    private static async Task<(InferenceRequest Request, IReadOnlyList<SentImage> Images)> ReadAsync(
        HttpRequest http, InferenceParts parts, CancellationToken cancellationToken)
    {
        PooledBytes body = await parts.Reader.ReadAllAsync(http, cancellationToken).ConfigureAwait(false);
        try
        {
            (InferenceRequest request, IReadOnlyList<ReadOnlyMemory<byte>> images) = InferenceRequest.Read(
                body.Memory, http.Headers[InferenceRequest.JsonLengthHeader].ToString(), parts.Options.MaxImagesPerRequest);
            var shared = new SharedOwner(body, images.Count);
            return (request, [.. images.Select(image => new SentImage(null, image, shared))]);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    // The protocol has no place for the reason of one image, so that one that cannot be read refuses the request.
    private static IResult Answer(HttpContext context, string name, InferenceRequest request, AnsweredRequest answered)
    {
        foreach ((int index, ImageAnswer answer) in answered.Answers.Index())
        {
            if (answer.Prediction is null)
                return Refuse(StatusCodes.Status422UnprocessableEntity, $"Image {index}, counted from 0, cannot be read: {answer.Error?.Reason}.");
        }

        var response = new InferenceResponse(name, answered.Version[..12], [.. answered.Answers.Select(answer => answer.Prediction).OfType<ImagePrediction>()]);
        (byte[] body, int jsonLength) = response.Write(request);
        if (jsonLength == body.Length) return Results.Bytes(body, "application/json");
        context.Response.Headers[InferenceRequest.JsonLengthHeader] = jsonLength.ToString(CultureInfo.InvariantCulture);
        return Results.Bytes(body, "application/octet-stream");
    }

    private static ServedModel? Find(ServedModels models, string name, string? version) =>
        models.Find(name) is { } model && (version is null || version == model.Current.ShortHash) ? model : null;

    private static IResult NoModel() => Refuse(StatusCodes.Status404NotFound, "There is no model of this name and version.");

    private static ContentHttpResult Ready(bool isReady, JsonObject answer)
    {
        answer["ready"] = isReady;
        return Json(answer, isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static JsonObject Tensor(string name, string type, params int[] shape) => new()
    {
        ["name"] = name,
        ["datatype"] = type,
        ["shape"] = new JsonArray([.. shape.Select(side => JsonValue.Create(side))]),
    };

    private static ContentHttpResult Json(JsonObject value, int status = StatusCodes.Status200OK) =>
        TypedResults.Text(value.ToJsonString(), "application/json", statusCode: status);

    /// <summary>Bytes that several images lie in; the last one to end gives them back.</summary>
    private sealed class SharedOwner(PooledBytes bytes, int useCount) : IDisposable
    {
        private int _useCount = useCount;

        public void Dispose()
        {
            if (Interlocked.Decrement(ref _useCount) == 0) bytes.Dispose();
        }
    }
}

/// <summary>What inference over HTTP is made with.</summary>
/// <param name="Models">The models.</param>
/// <param name="Reader">Reads bodies.</param>
/// <param name="Answers">Asks the queue.</param>
/// <param name="Options">The limits.</param>
internal sealed record InferenceParts(ServedModels Models, ImageRequestReader Reader, ImageAnswers Answers, ImageServingOptions Options);
