using ImageTrainer.AspNetCore;
using ImageTrainer.AspNetCore.Endpoints;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Queueing;
using ImageTrainer.AspNetCore.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts models into an application, with a web server or without.</summary>
public static class ImagePredictionServiceCollectionExtensions
{
    /// <summary>Name of a model that is given none.</summary>
    public const string DefaultName = "default";

    /// <summary>Serves a model.zip; applications inject <see cref="IImagePredictor"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">Path of the model.zip.</param>
    /// <param name="name">
    /// Name of the model: the key of its service, and its place under /v1/models. The first model that is added is injected without a key too.
    /// </param>
    /// <exception cref="ArgumentException">A model of that name is there already.</exception>
    public static IServiceCollection AddImagePredictionEngine(
        this IServiceCollection services, string modelPath, string name = DefaultName) =>
        services.AddImagePredictionEngine(options => options.ModelPath = modelPath, name);

    /// <summary>Serves a model that a section of the configuration describes: ModelPath, Device, ReloadOnChange ...</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section; read once, when the application starts.</param>
    /// <param name="name">Name of the model.</param>
    /// <inheritdoc cref="AddImagePredictionEngine(IServiceCollection, string, string)"/>
    public static IServiceCollection AddImagePredictionEngine(
        this IServiceCollection services, IConfiguration section, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddImagePredictionEngine(options => section.Bind(options), name);
    }

    /// <summary>Serves a model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says where it lies and how it runs.</param>
    /// <param name="name">Name of the model.</param>
    /// <inheritdoc cref="AddImagePredictionEngine(IServiceCollection, string, string)"/>
    public static IServiceCollection AddImagePredictionEngine(
        this IServiceCollection services, Action<ImageModelOptions> configure, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (services.Any(service => service.ImplementationInstance is ServedModelName added && added.Name == name))
            throw new ArgumentException($"There is a model '{name}' already; give each its own name.", nameof(name));
        services.AddOptions<ImageModelOptions>(name).Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        services.AddServing();
        services.AddSingleton(new ServedModelName(name));
        services.AddKeyedSingleton<IImagePredictor>(name, (provider, _) => CreatePredictor(provider, name));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IImagePredictor>(name));
        return services;
    }

    /// <summary>Says how all models are served together: the queue, and what requests over HTTP may take.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes what differs from the defaults.</param>
    public static IServiceCollection ConfigureImageServing(this IServiceCollection services, Action<ImageServingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ImageServingOptions>().Configure(configure);
        return services;
    }

    private static void AddServing(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ServedModels))) return;
        services.AddOptions<ImageServingOptions>()
            .ValidateDataAnnotations()
            .Validate(ImageServingOptions.AgreesWithItself, "MaxImagesPerRequest is more than QueueLimit, or a key is empty.")
            .ValidateOnStart();
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton(provider => new ServingServices(
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ServingMetrics>(),
            provider.GetRequiredService<ILogger<ServedModel>>()));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ImageServingOptions>>().Value);
        services.AddSingleton<ServedModels>();
        services.AddSingleton<PredictionQueue>();
        services.AddSingleton<PredictionWorkers>();
        services.AddSingleton<MemoryBudget>();
        services.AddSingleton<ImageRequestReader>();
        services.AddSingleton<ImageAnswers>();
        services.AddSingleton<PredictionParts>();
        services.AddSingleton<InferenceParts>();
        services.AddHostedService<ModelReloader>();
        services.AddHealthChecks().AddCheck<ModelHealthCheck>("image models", tags: ["ready"]);
    }

    private static QueuedPredictor CreatePredictor(IServiceProvider provider, string name)
    {
        ServedModel model = provider.GetRequiredService<ServedModels>().All.First(model => model.Name == name);
        return new QueuedPredictor(model, provider.GetRequiredService<PredictionQueue>(), provider.GetRequiredService<PredictionWorkers>());
    }
}
