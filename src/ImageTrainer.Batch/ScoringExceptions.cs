using System.Globalization;

namespace ImageTrainer.Batch;

/// <summary>What is to be scored cannot be listed: a list is missing or malformed, a folder is gone, a pattern matches nothing.</summary>
public sealed class ScoringInputException : ImageTrainerException
{
    /// <summary>Describes one input that cannot be used.</summary>
    /// <param name="input">The file, folder or pattern, as the caller gave it.</param>
    /// <param name="message">What is wrong, where, and what to do next.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ScoringInputException(string input, string message, Exception? innerException = null)
        : base(message, innerException) => Input = input;

    /// <summary>The file, folder or pattern, as the caller gave it.</summary>
    public string Input { get; }
}

/// <summary>
/// The output could not be written: the disk is full, the folder is read-only, the database does not answer. Rows committed before
/// stand, and a resumed job goes on from there. A merge leaves nothing behind.
/// </summary>
public sealed class ScoringOutputException : ImageTrainerException
{
    /// <summary>Describes one failure to write.</summary>
    /// <param name="output">The file, or the database without its password.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot write 'x': ".</param>
    /// <param name="innerException">The cause, or null.</param>
    public ScoringOutputException(string output, string reason, Exception? innerException = null)
        : this(output, reason, "what is committed stands, so put this right and go on with --resume", innerException)
    {
    }

    /// <summary>Describes one failure to write where there is nothing to resume.</summary>
    /// <param name="output">The file.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot write 'x': ".</param>
    /// <param name="wayOut">A second clause: what stands, and what to do next.</param>
    /// <param name="innerException">The cause, or null.</param>
    internal ScoringOutputException(string output, string reason, string wayOut, Exception? innerException)
        : base($"Cannot write '{output}': {Brief(reason)}; {wayOut}.", innerException) => (Output, Reason) = (output, Brief(reason));

    /// <summary>The file, or the database without its password.</summary>
    public string Output { get; }

    /// <summary>Why it could not be written, in one clause without a full stop.</summary>
    public string Reason { get; }

    // The system's messages end with the path, which stands before them already.
    private static string Brief(string reason) => reason.Split(" : '", 2)[0].TrimEnd('.');
}

/// <summary>Why a job may not be started or resumed, or parts not be merged.</summary>
public enum ScoringRefusal
{
    /// <summary>The output exists already, and resuming was not asked for.</summary>
    OutputExists,

    /// <summary>The output exists, and either no resumable job made it or somebody changed it since.</summary>
    NotAJob,

    /// <summary>The job was begun with another model, another input or other options.</summary>
    Different,

    /// <summary>Another process is writing the same output.</summary>
    Locked,

    /// <summary>The parts do not belong together, or one of them is missing, given twice or unfinished.</summary>
    PartsDisagree,

    /// <summary>The job cannot do what the options ask of it.</summary>
    Impossible,

    /// <summary>The output cannot be written at this place.</summary>
    NotWritable,
}

/// <summary>A job or a merge was refused before anything was written.</summary>
public sealed class ScoringRefusedException : ImageTrainerException
{
    /// <summary>Describes one refusal.</summary>
    /// <param name="refusal">Its kind.</param>
    /// <param name="message">What is wrong, where, and what to do next.</param>
    public ScoringRefusedException(ScoringRefusal refusal, string message)
        : base(message) => Refusal = refusal;

    /// <summary>Why the job was refused.</summary>
    public ScoringRefusal Refusal { get; }
}

/// <summary>More images were unreadable than <see cref="ScoringOptions.MaxErrors"/> allows. The rows so far are committed.</summary>
public sealed class TooManyErrorsException : ImageTrainerException
{
    /// <summary>Describes where a job stopped.</summary>
    /// <param name="errorCount">Number of unreadable images.</param>
    /// <param name="rowCount">Number of committed rows, those of unreadable images included.</param>
    /// <param name="limit">What was allowed.</param>
    public TooManyErrorsException(long errorCount, long rowCount, ErrorLimit limit)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Stopped: {errorCount} of the first {rowCount} images could not be read, and --max-errors is {limit}. "
                + $"The rows so far are kept; with a higher limit and --resume the job goes on.")) =>
        (ErrorCount, RowCount) = (errorCount, rowCount);

    /// <summary>Number of unreadable images.</summary>
    public long ErrorCount { get; }

    /// <summary>Number of committed rows, those of unreadable images included.</summary>
    public long RowCount { get; }
}
