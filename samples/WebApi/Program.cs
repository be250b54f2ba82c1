using OpenTelemetry.Metrics;
using Scalar.AspNetCore;

// dotnet run --project samples/WebApi -- --Model:ModelPath=model.zip
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddImagePredictionEngine(builder.Configuration.GetSection("Model"));
builder.Services.ConfigureImageServing(options => builder.Configuration.GetSection("Serving").Bind(options));
builder.Services.AddOpenApi();
builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
    .AddMeter("ImageTrainer.AspNetCore", "Microsoft.AspNetCore.Hosting").AddPrometheusExporter());

var app = builder.Build();
app.MapImageClassification("/v1");
app.MapOpenInferenceProtocol("/v2");
app.MapImageHealthChecks();
app.MapImageClassificationPage();
app.MapPrometheusScrapingEndpoint();
app.MapOpenApi();
if (app.Environment.IsDevelopment()) app.MapScalarApiReference();
app.Run();
