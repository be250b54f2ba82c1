namespace ImageTrainer.Onnx;

/// <summary>Something that takes a while to load and may be begun before it is needed, on another thread. Safe for many threads.</summary>
/// <param name="load">Loads it; called once at most.</param>
internal sealed class LoadAhead<T>(Func<T> load) : IDisposable
    where T : IDisposable
{
    private readonly Lazy<Task<T>> _loading = new(() => BackgroundLoading.Start(load));

    /// <summary>What was loaded: now, where nobody has begun before. What loading threw is thrown here.</summary>
    public T Value => _loading.Value.GetAwaiter().GetResult();

    /// <summary>Begins to load, and does not wait.</summary>
    public void Begin() => _ = _loading.Value;

    /// <summary>Frees what was loaded, as soon as it is.</summary>
    public void Dispose()
    {
        const TaskContinuationOptions WhenLoaded = TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously;
        if (_loading.IsValueCreated)
            _loading.Value.ContinueWith(loaded => loaded.Result.Dispose(), CancellationToken.None, WhenLoaded, TaskScheduler.Default);
    }
}
