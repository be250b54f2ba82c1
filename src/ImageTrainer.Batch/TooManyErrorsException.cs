using System.Globalization;

namespace ImageTrainer.Batch;

/// <summary>More images were unreadable than the job allows. Its rows so far are committed.</summary>
public sealed class TooManyErrorsException : ImageTrainerException
{
    /// <summary>Describes where a job stopped.</summary>
    /// <param name="errorCount">Unreadable images.</param>
    /// <param name="rowCount">Rows committed, those of unreadable images included.</param>
    /// <param name="limit">What was allowed.</param>
    public TooManyErrorsException(long errorCount, long rowCount, ErrorLimit limit)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Stopped: {errorCount} of the first {rowCount} images could not be read, and --max-errors is {limit}. The rows so far are kept; with a higher limit and --resume the job goes on."))
    {
        ErrorCount = errorCount;
        RowCount = rowCount;
    }

    /// <summary>Unreadable images.</summary>
    public long ErrorCount { get; }

    /// <summary>Rows committed, those of unreadable images included.</summary>
    public long RowCount { get; }
}
