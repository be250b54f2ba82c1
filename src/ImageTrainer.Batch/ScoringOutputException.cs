namespace ImageTrainer.Batch;

/// <summary>
/// The output could not be written: the disk is full, the place is not writable, the database is gone. What had been committed before stands,
/// and resuming goes on from there.
/// </summary>
public sealed class ScoringOutputException : ImageTrainerException
{
    /// <summary>Describes one failure to write.</summary>
    /// <param name="output">The file or database.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot write 'x': ".</param>
    /// <param name="innerException">The cause.</param>
    public ScoringOutputException(string output, string reason, Exception? innerException = null)
        : base($"Cannot write '{output}': {Brief(reason)}; what is committed stands, so put this right and go on with --resume.", innerException) =>
        Output = output;

    /// <summary>The file or database.</summary>
    public string Output { get; }

    // The system's messages end with the path, which stands before them already.
    private static string Brief(string reason) => reason.Split(" : '", 2)[0].TrimEnd('.');
}
