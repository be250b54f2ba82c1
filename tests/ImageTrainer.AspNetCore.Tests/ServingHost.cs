using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImageTrainer.AspNetCore;

/// <summary>An application that serves the tiny model over Kestrel, on a port of loopback that the system chooses.</summary>
internal sealed class ServingHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private ServingHost(TemporaryFolder folder, WebApplication application, RecordedLog log)
    {
        (_folder, Application, Log) = (folder, application, log);
        Client = new HttpClient { BaseAddress = new Uri(application.Urls.First()), Timeout = TimeSpan.FromMinutes(2) };
    }

    public WebApplication Application { get; }

    public HttpClient Client { get; }

    public RecordedLog Log { get; }

    public string ModelPath => _folder.Combine("model.zip");

    public TemporaryFolder Folder => _folder;

    public ServedModel Model => Application.Services.GetRequiredService<ServedModels>().All[0];

    public IImagePredictor Predictor => Application.Services.GetRequiredService<IImagePredictor>();

    /// <summary>A photo that every model reads.</summary>
    public static byte[] Photo { get; } = Drawings.Draw("disc", 1).EncodeJpeg();

    public static async Task<ServingHost> StartAsync(
        Action<ImageServingOptions>? configure = null, Action<ImageModelOptions>? model = null, Action<WebApplication>? map = null)
    {
        var folder = new TemporaryFolder();
        string path = folder.Write("model.zip", TinyModel.Zip);
        var log = new RecordedLog();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).AddFilter("ImageTrainer", LogLevel.Debug);
        builder.Services.AddOpenApi();
        builder.Services.ConfigureImageServing(configure ?? (_ => { }));
        builder.Services.AddImagePredictionEngine(
            options =>
            {
                options.ModelPath = path;
                options.ReloadInterval = TimeSpan.FromMilliseconds(50);
                model?.Invoke(options);
            },
            "shapes");
        WebApplication application = builder.Build();
        application.MapImageClassification();
        application.MapOpenInferenceProtocol();
        application.MapImageHealthChecks();
        application.MapOpenApi();
        map?.Invoke(application);
        await application.StartAsync();
        return new ServingHost(folder, application, log);
    }

    /// <summary>The tiny model with another manifest, and so with another hash.</summary>
    public static byte[] OtherZip(int seed, IReadOnlyList<string>? labels = null)
    {
        ModelManifest manifest = TinyModel.Manifest(labels ?? TinyModel.Labels, TinyModel.ImageSize);
        return TinyModel.Pack(manifest with { Training = manifest.Training with { Seed = seed } }, TinyModel.Network);
    }

    public Task<HttpResponseMessage> PostAsync(byte[] image, string query = "") =>
        Client.PostAsync($"/v1/models/shapes:predict{query}", new ByteArrayContent(image));

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Waits for something that another thread is about to do.</summary>
    public static async Task WaitForAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            if (limit.IsCancellationRequested) Assert.Fail($"Nothing came of waiting for {what}.");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Application.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>What was logged.</summary>
internal sealed class RecordedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _entries = new();

    public bool Has(int id) => _entries.Any(entry => entry.Id == id);

    public string TextOf(int id) => _entries.First(entry => entry.Id == id).Text;

    public int CountOf(int id) => _entries.Count(entry => entry.Id == id);

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("ImageTrainer", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Id, formatter(state, exception)));

    public void Dispose()
    {
    }
}
