namespace ImageTrainer.Tests;

/// <summary>Keeps what is reported, in the order of arrival, and may act on it at once on the reporter's thread.</summary>
/// <param name="act">Called with every item; null for nothing.</param>
internal sealed class Recorder<T>(Action<T>? act = null) : IProgress<T>
{
    private readonly List<T> _items = [];
    private readonly Lock _lock = new();

    /// <summary>The items so far.</summary>
    public IReadOnlyList<T> Items
    {
        get
        {
            lock (_lock)
                return [.. _items];
        }
    }

    public void Report(T value)
    {
        lock (_lock)
            _items.Add(value);
        act?.Invoke(value);
    }
}
