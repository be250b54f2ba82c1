namespace ImageTrainer.Batch;

/// <summary>How far a job is.</summary>
/// <param name="DoneCount">Number of rows, those of earlier runs included.</param>
/// <param name="TotalCount">Number of images in the share, or null where the input is a stream.</param>
/// <param name="ErrorCount">Number of rows of images that could not be scored.</param>
/// <param name="ResumedCount">Number of rows that were there when this run began.</param>
public sealed record ScoringProgress(long DoneCount, long? TotalCount, long ErrorCount, long ResumedCount);

/// <summary>What a finished job has done.</summary>
/// <param name="RowCount">Number of rows in the output, one for each image.</param>
/// <param name="ErrorCount">Number of rows of images that could not be scored.</param>
/// <param name="ResumedCount">Number of rows that were there when this run began.</param>
/// <param name="ModelSha256">SHA-256 of the model file, lower-case hex.</param>
/// <param name="Elapsed">Duration of this run.</param>
/// <param name="Stages">How the stages of this run spent their time; empty where nothing was left to do.</param>
/// <param name="Notice">What the user should know besides, in whole sentences; null where there is nothing.</param>
public sealed record ScoringSummary(
    long RowCount,
    long ErrorCount,
    long ResumedCount,
    string ModelSha256,
    TimeSpan Elapsed,
    IReadOnlyList<StageTime> Stages,
    string? Notice)
{
    /// <summary>Whether the input had other images when the job began than when they were listed, so that some may be missing.</summary>
    public bool HasInputChanged { get; init; }
}

/// <summary>How one stage of a job spent its time, added up over its threads.</summary>
/// <param name="Name">"list", "read", "decode", "network" or "write".</param>
/// <param name="ThreadCount">Number of threads that worked in it.</param>
/// <param name="Busy">Time at work. Where there are more threads than cores, waiting for a core counts as work.</param>
/// <param name="WaitingForInput">Time with nothing to do.</param>
/// <param name="WaitingForRoom">Time spent waiting for the stages behind it.</param>
public sealed record StageTime(string Name, int ThreadCount, TimeSpan Busy, TimeSpan WaitingForInput, TimeSpan WaitingForRoom);
