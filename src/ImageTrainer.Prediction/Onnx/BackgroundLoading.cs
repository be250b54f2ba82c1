using System.Collections.Concurrent;

namespace ImageTrainer.Onnx;

/// <summary>
/// Loads native engines and networks on threads of their own, for the pool has as many as there are processors and whoever waits may
/// hold the last of them. A process that ends meanwhile waits for them first: native code that runs on while its library is torn down
/// ends in a crash in place of the exit code. Safe for many threads.
/// </summary>
internal static class BackgroundLoading
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<Task, bool> Running = new();

    static BackgroundLoading() => AppDomain.CurrentDomain.ProcessExit += (_, _) => WaitForAll();

    /// <summary>Begins, and does not wait.</summary>
    /// <param name="load">Called once; what it throws is thrown to whoever waits for the task.</param>
    public static Task<T> Start<T>(Func<T> load)
    {
        Task<T> loading = Task.Factory.StartNew(load, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Running[loading] = true;
        loading.ContinueWith(
            ended => Running.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return loading;
    }

    /// <inheritdoc cref="Start{T}"/>
    public static Task Start(Action load) => Start(() =>
    {
        load();
        return true;
    });

    private static void WaitForAll()
    {
        long end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        foreach (Task loading in Running.Keys) Task.WaitAny([loading], (int)Math.Max(0, end - Environment.TickCount64));
    }
}

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
        const TaskContinuationOptions WhenLoaded =
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously;
        if (_loading.IsValueCreated)
            _loading.Value.ContinueWith(loaded => loaded.Result.Dispose(), CancellationToken.None, WhenLoaded, TaskScheduler.Default);
    }
}
