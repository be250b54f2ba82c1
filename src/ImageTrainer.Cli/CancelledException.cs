namespace ImageTrainer.Cli;

/// <summary>Cancelled, with more to say than that.</summary>
internal sealed class CancelledException(string message, Exception? innerException = null) : OperationCanceledException(message, innerException);
