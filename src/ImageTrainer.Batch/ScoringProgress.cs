namespace ImageTrainer.Batch;

/// <summary>How far a job is.</summary>
/// <param name="DoneCount">Rows, those of earlier runs included.</param>
/// <param name="TotalCount">Images of the share, or null where the input is a stream.</param>
/// <param name="ErrorCount">Rows of images that could not be scored.</param>
/// <param name="ResumedCount">Rows that were there when this run began.</param>
public sealed record ScoringProgress(long DoneCount, long? TotalCount, long ErrorCount, long ResumedCount);
