namespace ImageTrainer.Batch;

/// <summary>What a finished job has done.</summary>
/// <param name="RowCount">Rows in the output: one an image.</param>
/// <param name="ErrorCount">Rows of images that could not be scored.</param>
/// <param name="ResumedCount">Rows that were there when this run began.</param>
/// <param name="ModelSha256">Hash of the model file, lower-case hex.</param>
/// <param name="Elapsed">Time of this run.</param>
/// <param name="Stages">How its stages spent their time; empty where nothing was left to do.</param>
/// <param name="Notice">What the user has to know besides, or null.</param>
public sealed record ScoringSummary(
    long RowCount,
    long ErrorCount,
    long ResumedCount,
    string ModelSha256,
    TimeSpan Elapsed,
    IReadOnlyList<StageTime> Stages,
    string? Notice);
