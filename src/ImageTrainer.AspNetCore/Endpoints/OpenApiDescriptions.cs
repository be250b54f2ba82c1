using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>What the OpenAPI document says of requests that handlers read by hand.</summary>
internal static class OpenApiDescriptions
{
    private const string Example = """
        {"model": "flowers", "version": "5d41...", "predictions": [{"name": "rose.jpg", "predictedLabel": "roses", "probability": 0.97,
        "isUnsure": false, "labels": [{"label": "roses", "probability": 0.97}, {"label": "tulips", "probability": 0.02}], "error": null}]}
        """;

    /// <summary>Describes the body and the parameters of a prediction, with examples.</summary>
    public static RouteHandlerBuilder DescribePrediction(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = "One image, a form with one or many files, or JSON with base64.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/octet-stream"] = new() { Schema = Binary() },
                    ["image/jpeg"] = new() { Schema = Binary() },
                    ["multipart/form-data"] = new() { Schema = Form() },
                    ["application/json"] = new() { Schema = Json(), Example = JsonNode.Parse("""{"images": [{"name": "rose.jpg", "content": "/9j/4AAQ..."}]}""") },
                },
            };
            Describe(operation, "top", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Default = 5 }, "How many labels an image, likeliest first.");
            Describe(operation, "threshold", new OpenApiSchema { Type = JsonSchemaType.Number, Minimum = "0", Maximum = "1", Default = 0 },
                "Predictions of a lower probability are marked isUnsure.");
            if (operation.Responses?["200"].Content?["application/json"] is { } answer) answer.Example = JsonNode.Parse(Example);
            return Task.CompletedTask;
        });

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static OpenApiSchema Form() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["images"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Binary() },
        },
    };

    private static OpenApiSchema Json() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "images" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["images"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "content" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["name"] = new OpenApiSchema { Type = JsonSchemaType.String },
                        ["content"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
                    },
                },
            },
        },
    };

    private static void Describe(OpenApiOperation operation, string name, OpenApiSchema schema, string description)
    {
        if (operation.Parameters?.FirstOrDefault(parameter => parameter.Name == name) is not OpenApiParameter parameter) return;
        (parameter.Schema, parameter.Description) = (schema, description);
    }
}
