namespace ImageTrainer.Cli.Reporting;

/// <summary>Hands progress to a method on the reporter's own thread, so that items keep their order.</summary>
internal sealed class Relay<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
