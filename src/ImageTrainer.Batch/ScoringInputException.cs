namespace ImageTrainer.Batch;

/// <summary>What is to be scored cannot be listed: a list is missing or malformed, a folder is gone, a pattern matches nothing.</summary>
public sealed class ScoringInputException : ImageTrainerException
{
    /// <summary>Describes one unusable input.</summary>
    /// <param name="input">The file, folder or pattern, as it was given.</param>
    /// <param name="message">What, where and what to do next.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ScoringInputException(string input, string message, Exception? innerException = null)
        : base(message, innerException) => Input = input;

    /// <summary>The file, folder or pattern, as it was given.</summary>
    public string Input { get; }
}
