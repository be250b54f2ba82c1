using System.Security.Cryptography;
using ImageTrainer.AspNetCore.Telemetry;
using ImageTrainer.Files;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using Microsoft.Extensions.Logging;

namespace ImageTrainer.AspNetCore.Models;

/// <summary>
/// A model that is served: the version that answers now, and how another takes its place. Loading is one at a time; all else is safe for
/// many threads.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="options">Where it lies and how it runs; valid.</param>
/// <param name="services">Clock, log and measurements.</param>
internal sealed class ServedModel(string name, ImageModelOptions options, ServingServices services) : IDisposable
{
    private readonly Lock _loading = new();
    private ModelVersion? _current;
    private FileStamp? _tried;
    private FileStamp? _seen;
    private bool _isDisposed;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Where it lies and how it runs.</summary>
    public ImageModelOptions Options => options;

    /// <summary>Whether a version is loaded; each has predicted an image before it is served.</summary>
    public bool IsLoaded => Volatile.Read(ref _current) is not null;

    /// <summary>Why the file that lies in the model's place now is not served; null where it is.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>The version that answers now, to look at; loaded where it is not yet.</summary>
    /// <exception cref="ModelFormatException">The model cannot be loaded.</exception>
    public ModelVersion Current => Volatile.Read(ref _current) ?? LoadFirst();

    /// <summary>Begins a use of the version that answers now; the caller ends it.</summary>
    /// <exception cref="ModelFormatException">The model is not loaded yet and cannot be.</exception>
    /// <exception cref="ObjectDisposedException">The application is stopping.</exception>
    public ModelVersion BeginUse()
    {
        while (true)
        {
            ModelVersion version = Current;
            if (version.TryBeginUse()) return version;
            ObjectDisposedException.ThrowIf(_isDisposed, this);
        }
    }

    /// <summary>Looks whether another file lies in the model's place, and serves it where it can be. Called from time to time.</summary>
    public void CheckForChange()
    {
        FileStamp? stamp = FileStamp.Of(options.ModelPath);
        bool isStill = stamp == _seen;
        _seen = stamp;
        if (!isStill || stamp == _tried) return;
        lock (_loading)
        {
            if (_isDisposed || _current is not { } old) return;
            _tried = stamp;
            Replace(old, isThere: stamp is not null);
        }
    }

    public void Dispose()
    {
        lock (_loading)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _current?.EndUse();
        }
    }

    private ModelVersion LoadFirst()
    {
        lock (_loading)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_current is { } loaded) return loaded;
            _seen = _tried = FileStamp.Of(options.ModelPath);
            ModelVersion version = Load();
            services.Log.ModelLoaded(name, options.ModelPath, version.ShortHash, version.Engine.Labels.Count, version.Engine.Device.Device.ToString());
            Volatile.Write(ref _current, version);
            return version;
        }
    }

    private void Replace(ModelVersion old, bool isThere)
    {
        try
        {
            if (isThere && FindHash() == old.Hash)
            {
                LastFailure = null;
                return;
            }

            ModelVersion version = Load();
            Volatile.Write(ref _current, version);
            LastFailure = null;
            TellOfLabels(old.Engine.Labels, version.Engine.Labels);
            services.Metrics.CountReload(name, error: null);
            services.Log.ModelReloaded(name, version.ShortHash, old.ShortHash);
            old.EndUse();
            // Loading leaves arrays of the size of the file behind, which an application that makes little garbage would keep for long.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }
        catch (Exception exception) when (exception is ImageTrainerException or IOException or UnauthorizedAccessException)
        {
            LastFailure = exception.Message;
            services.Metrics.CountReload(name, exception is ModelFormatException format ? format.Fault.ToString() : exception.GetType().Name);
            services.Log.ReloadFailed(name, old.ShortHash, exception.Message);
        }
    }

    // Both ways of running are tried, so that the first request is as fast as the next.
    private ModelVersion Load()
    {
        ImagePredictionEngine engine = ImagePredictionEngine.Load(options.ModelPath, options.ToEngineOptions());
        try
        {
            engine.Warmup();
            byte[] black = new RgbImage(1, 1, new byte[3]).EncodeJpeg();
            ImagePrediction? trial = engine.PredictOnThread([new ImageInput(null, black)])[0].Prediction;
            if (trial is null || !float.IsFinite(trial.Probability))
                throw new ModelFormatException(ModelFault.Damaged, options.ModelPath, "its network gives no probabilities");
            TrainingReport? training = TrainingReport.FindBeside(options.ModelPath, engine.Manifest);
            return new ModelVersion(
                engine, FindHash(), services.Time.GetUtcNow(), training, version => services.Log.ModelFreed(name, version.ShortHash));
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private string FindHash()
    {
        if (FileKind.FindSpecial(options.ModelPath) is { } kind)
            throw new ModelFormatException(ModelFault.NotReadable, options.ModelPath, $"it is {kind}");
        using FileStream file = new(options.ModelPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private void TellOfLabels(IReadOnlyList<string> old, IReadOnlyList<string> now)
    {
        if (now.SequenceEqual(old, StringComparer.Ordinal)) return;
        services.Log.LabelsChanged(name, string.Join(", ", now.Except(old)), string.Join(", ", old.Except(now)));
    }
}

/// <summary>What every part of serving needs.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Metrics">The measurements.</param>
/// <param name="Log">The log.</param>
internal sealed record ServingServices(TimeProvider Time, ServingMetrics Metrics, ILogger<ServedModel> Log);
