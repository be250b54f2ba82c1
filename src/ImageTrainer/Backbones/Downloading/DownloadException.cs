namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// One attempt to download a file failed. Stays inside the assembly: <see cref="BackboneStore"/> turns it into a
/// <see cref="BackboneException"/> that also says which file to put where.
/// </summary>
internal sealed class DownloadException : ImageTrainerException
{
    /// <summary>Describes the failure.</summary>
    /// <param name="message">A clause without a full stop: "example.org answered 404 (Not Found)".</param>
    /// <param name="isTransient">Whether another attempt may succeed.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public DownloadException(string message, bool isTransient, Exception? innerException = null)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Whether another attempt may succeed.</summary>
    public bool IsTransient { get; }

    /// <summary>Whether the place that the file was to go to is at fault, and not the network.</summary>
    public bool IsOfTarget { get; init; }
}
