using ImageTrainer.AspNetCore.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the models' endpoints into an application.</summary>
public static class ImageClassificationEndpointExtensions
{
    /// <summary>
    /// Maps GET models, GET models/{name} and POST models/{name}:predict for all models that were added. Refusals are problem details.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Where they begin.</param>
    /// <returns>The group, for the host's own authorization, CORS and rate limits.</returns>
    public static RouteGroupBuilder MapImageClassification(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RouteGroupBuilder group = endpoints.MapGroup(prefix).WithTags("Image classification");
        group.Guard(ClassificationEndpoints.Problem);
        group.MapGet("/models", ClassificationEndpoints.ListModels).WithName("ListImageModels")
            .WithSummary("Lists the models").Produces<ModelList>();
        group.MapGet("/models/{name}", ClassificationEndpoints.ShowModel).WithName("ShowImageModel")
            .WithSummary("Describes a model: labels, metrics, version").Produces<ModelCard>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/models/{name}:predict", ClassificationEndpoints.PredictAsync).WithName("PredictImages")
            .WithSummary("Predicts the labels of images")
            .WithDescription("The body is one image, a form with one or many files, or JSON with base64. "
                + "An image that cannot be read has its reason in its place; where none can be read the status is 422.")
            .Produces<PredictionResponse>()
            .ProducesAll(400, 404, 408, 413, 422, 429, 503, 504)
            .DescribePrediction();
        return group;
    }

    /// <summary>
    /// Maps the Open Inference Protocol (KServe v2) for the same models: health, metadata, and infer with a tensor of BYTES.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Where they begin.</param>
    /// <returns>The group, for the host's own authorization, CORS and rate limits.</returns>
    public static RouteGroupBuilder MapOpenInferenceProtocol(this IEndpointRouteBuilder endpoints, string prefix = "/v2")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RouteGroupBuilder group = endpoints.MapGroup(prefix).WithTags("Open Inference Protocol");
        group.Guard(InferenceEndpoints.Refuse);
        InferenceEndpoints.Map(group);
        return group;
    }

    /// <summary>
    /// Maps health checks: {prefix}/live answers as soon as the application runs, {prefix}/ready once every model has predicted an image.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Where they begin.</param>
    public static void MapImageHealthChecks(this IEndpointRouteBuilder endpoints, string prefix = "/health")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapHealthChecks($"{prefix}/live", new() { Predicate = _ => false });
        endpoints.MapHealthChecks($"{prefix}/ready", new() { Predicate = check => check.Tags.Contains("ready"), ResponseWriter = HealthAnswer.WriteAsync });
    }

    private static void Guard(this RouteGroupBuilder group, Func<int, string, IResult> refuse) =>
        group.AddEndpointFilterFactory((context, next) =>
        {
            var guard = new RequestGuard(context.ApplicationServices.GetRequiredService<ImageTrainer.AspNetCore.ImageServingOptions>());
            return invocation =>
            {
                HttpContext http = invocation.HttpContext;
                if (guard.Admit(http)) return next(invocation);
                http.Response.Headers.WWWAuthenticate = "Bearer";
                return ValueTask.FromResult<object?>(refuse(
                    StatusCodes.Status401Unauthorized, "The request carries no key that is known: X-API-Key, or Authorization: Bearer."));
            };
        });

    private static RouteHandlerBuilder ProducesAll(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (int status in statuses) endpoint.ProducesProblem(status);
        return endpoint;
    }
}
