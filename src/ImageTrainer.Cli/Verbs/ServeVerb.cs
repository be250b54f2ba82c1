using System.CommandLine;
using System.Net;
using ImageTrainer.Cli.Terminal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer serve</c>: models over HTTP, with a page to try them on.</summary>
internal static class ServeVerb
{
    private const string KeyVariable = "IMAGETRAINER_API_KEY";
    private const string DefaultUrl = "http://127.0.0.1:5000";

    private static readonly Argument<string[]> Models = new("model")
    {
        Description = "A model.zip that `train` wrote, or several; NAME=model.zip gives one a name.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "Where to listen, separated by ';'. By default only this machine is answered.",
        HelpName = "URL",
        DefaultValueFactory = _ => DefaultUrl,
    };

    private static readonly Option<string[]> ApiKeys = new("--api-key")
    {
        Description = "Answer only requests that have this key, or one of several. The key in "
            + $"{KeyVariable} counts too, and other users of the machine cannot see that one.",
        HelpName = "KEY",
    };

    private static readonly Option<bool> Reload = new("--reload")
    {
        Description = "When a model's file is replaced, load the new one while requests go on.",
    };

    private static readonly Option<string> Device = SharedOptions.Device();

    public static Command Create(RunLog log) => new VerbCommand(
        "serve",
        "Serves models over HTTP, with a page to try them on, until Ctrl-C.",
        "serve model.zip",
        "serve flowers=a/model.zip rubbish=b/model.zip --reload --urls http://0.0.0.0:8080")
    {
        Models, Urls, ApiKeys, Reload, Device,
    }.Running((result, log, cancellationToken) => ExecuteAsync(result, log, cancellationToken).GetAwaiter().GetResult(), log);

    private static async Task<ExitCode> ExecuteAsync(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        (string Name, string Path)[] models = [.. result.GetRequiredValue(Models).Select(Split)];
        if (models.GroupBy(model => model.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"Two models are called '{twice.Key}'; give one another name: NAME=model.zip.");
        string? ownKey = Environment.GetEnvironmentVariable(KeyVariable);
        string[] keys = [.. result.GetValue(ApiKeys) ?? [], .. string.IsNullOrEmpty(ownKey) ? Array.Empty<string>() : [ownKey]];
        string urls = result.GetRequiredValue(Urls);
        await using WebApplication application = Build(models, urls, keys, result, log);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException
            or IOException { InnerException: AddressInUseException })
        {
            throw new UsageException($"Cannot listen on {urls}: {exception.Message}");
        }

        foreach (string url in application.Urls)
            log.Say($"Serving {string.Join(", ", models.Select(model => model.Name))} on {url}; Ctrl-C ends it.");
        if (keys.Length == 0 && application.Urls.Any(url => !IsLoopback(url)))
            log.Say("Other machines can ask it, and no key is asked for: see --api-key.");
        await WaitAsync(cancellationToken);
        await application.StopAsync(CancellationToken.None);
        return ExitCode.Ok;
    }

    private static WebApplication Build((string Name, string Path)[] models, string urls, string[] keys, ParseResult result, RunLog log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(urls);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddFilter("ImageTrainer", LogLevel.Information)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.None)
            .AddProvider(new RunLogProvider(log));
        builder.Services.AddOpenApi();
        builder.Services.ConfigureImageServing(options => Array.ForEach(keys, options.ApiKeys.Add));
        foreach ((string name, string path) in models)
        {
            builder.Services.AddImagePredictionEngine(
                options => (options.ModelPath, options.Device, options.ReloadOnChange) =
                    (path, result.GetRequiredValue(Device), result.GetValue(Reload)),
                name);
        }

        WebApplication application = builder.Build();
        application.MapImageClassification();
        application.MapOpenInferenceProtocol();
        application.MapImageHealthChecks();
        application.MapImageClassificationPage();
        application.MapOpenApi();
        return application;
    }

    // "flowers=a/model.zip"; without a name the file's, or its folder's where it is called like all of them.
    private static (string Name, string Path) Split(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !File.Exists(argument)) return (argument[..equals], argument[(equals + 1)..]);
        string name = Path.GetFileNameWithoutExtension(argument);
        string? folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(argument)));
        return (name == "model" && !string.IsNullOrEmpty(folder) ? folder : name, argument);
    }

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
        && (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out IPAddress? address) && IPAddress.IsLoopback(address)));

    private static async Task WaitAsync(CancellationToken cancellationToken)
    {
        var end = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = cancellationToken.Register(end.SetResult);
        await end.Task;
    }

    /// <summary>Says what the server logs.</summary>
    private sealed class RunLogProvider(RunLog log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log.Say(formatter(state, exception));
            if (exception is not null) log.Say(exception.ToString().ReplaceLineEndings(" "));
        }

        public void Dispose()
        {
        }
    }
}
