using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ImageTrainer.AspNetCore.Models;

/// <summary>Name of a model that was registered.</summary>
/// <param name="Name">The name.</param>
internal sealed record ServedModelName(string Name);

/// <summary>All models of the application, in the order they were registered.</summary>
internal sealed class ServedModels : IDisposable
{
    public ServedModels(IEnumerable<ServedModelName> names, IOptionsMonitor<ImageModelOptions> options, ServingServices services)
    {
        All = [.. names.Select(name => new ServedModel(name.Name, options.Get(name.Name), services))];
        services.Metrics.ObserveModelAges(() =>
            All.Where(model => model.IsLoaded).Select(model => (model.Name, services.Time.GetUtcNow() - model.Current.LoadedAt)));
    }

    /// <summary>The models.</summary>
    public IReadOnlyList<ServedModel> All { get; }

    /// <summary>The model of a name, or null.</summary>
    public ServedModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);

    public void Dispose()
    {
        foreach (ServedModel model in All) model.Dispose();
    }
}

/// <summary>Loads the models before the application listens, and looks for other files in their places while it runs.</summary>
internal sealed class ModelReloader(IServiceProvider provider) : BackgroundService
{
    /// <summary>Loads every model; one that cannot be loaded keeps the application from starting.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Asked for only now: before this, the host has found every fault of every option.
        foreach (ServedModel model in provider.GetRequiredService<ServedModels>().All)
            await Task.Run(() => model.Current, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(provider.GetRequiredService<ServedModels>().All
            .Where(model => model.Options.ReloadOnChange).Select(model => WatchAsync(model, stoppingToken)));

    private async Task WatchAsync(ServedModel model, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(model.Options.ReloadInterval, provider.GetRequiredService<TimeProvider>());
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) model.CheckForChange();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}

/// <summary>
/// Ready where each model has predicted an image; degraded, with the reason, where a file in the place of one cannot be served.
/// </summary>
internal sealed class ModelHealthCheck(ServedModels models) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string[] missing = [.. models.All.Where(model => !model.IsLoaded).Select(model => model.Name)];
        if (missing.Length > 0) return Task.FromResult(HealthCheckResult.Unhealthy($"Not loaded yet: {string.Join(", ", missing)}."));
        string[] failures = [.. models.All.Where(model => model.LastFailure is not null).Select(model => $"{model.Name}: {model.LastFailure}")];
        return Task.FromResult(failures.Length > 0
            ? HealthCheckResult.Degraded(string.Join(' ', failures))
            : HealthCheckResult.Healthy($"{models.All.Count} loaded."));
    }
}
