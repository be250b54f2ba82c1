namespace ImageTrainer.Batch;

/// <summary>
/// The output could not be written: the disk is full, the place is not writable, the database is gone. What a job had committed before stands,
/// and resuming goes on from there; a merge makes nothing.
/// </summary>
public sealed class ScoringOutputException : ImageTrainerException
{
    /// <summary>Describes one failure to write.</summary>
    /// <param name="output">The file or database.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot write 'x': ".</param>
    /// <param name="innerException">The cause.</param>
    public ScoringOutputException(string output, string reason, Exception? innerException = null)
        : this(output, reason, "what is committed stands, so put this right and go on with --resume", innerException)
    {
    }

    /// <summary>Describes one failure to write where there is nothing to resume.</summary>
    /// <param name="output">The file.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot write 'x': ".</param>
    /// <param name="wayOut">A second clause: what stands, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    internal ScoringOutputException(string output, string reason, string wayOut, Exception? innerException)
        : base($"Cannot write '{output}': {Brief(reason)}; {wayOut}.", innerException) => (Output, Reason) = (output, Brief(reason));

    /// <summary>The file or database.</summary>
    public string Output { get; }

    /// <summary>Why, in one clause.</summary>
    internal string Reason { get; }

    // The system's messages end with the path, which stands before them already.
    private static string Brief(string reason) => reason.Split(" : '", 2)[0].TrimEnd('.');
}
