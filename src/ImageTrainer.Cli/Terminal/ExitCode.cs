namespace ImageTrainer.Cli.Terminal;

/// <summary>What the process ends with. Scripts rely on the numbers: they never change their meaning.</summary>
internal enum ExitCode
{
    /// <summary>All went well.</summary>
    Ok = 0,

    /// <summary>
    /// A fault of the program itself; training that diverges; or, while scoring, an output that cannot be written: the disk is
    /// full, the database gone.
    /// </summary>
    InternalError = 1,

    /// <summary>The command line makes no sense, or asks for what must not be done.</summary>
    Usage = 2,

    /// <summary>The data, the model or the weights cannot be used.</summary>
    BadData = 3,

    /// <summary>The model is worse than <c>--min-accuracy</c>, or more images than <c>--max-errors</c> could not be read.</summary>
    QualityGate = 4,

    /// <summary>Finished, but some images could not be read.</summary>
    FailedImages = 5,

    /// <summary>Stopped by Ctrl-C or SIGTERM.</summary>
    Cancelled = 130,
}

/// <summary>The command line is well formed and still makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Cancelled, with more to say than that.</summary>
internal sealed class CancelledException(string message, Exception? innerException = null)
    : OperationCanceledException(message, innerException);
