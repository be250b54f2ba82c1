namespace ImageTrainer.Batch.Output;

/// <summary>How far a job's output is committed.</summary>
/// <param name="NextPosition">Place in the whole input at which it goes on, from 0.</param>
/// <param name="RowCount">Rows.</param>
/// <param name="ErrorCount">Rows of images that could not be scored.</param>
/// <param name="IsFinished">Whether nothing more comes.</param>
/// <param name="InputPrefixSha256">
/// The fingerprint of all images before <see cref="NextPosition"/>; null in older journals of an input that is no stream.
/// </param>
/// <param name="ChangedImageCount">
/// Images that the input had when they were listed, where they were others than at first; null where they were the same, and in older journals.
/// </param>
internal sealed record JobProgress(
    long NextPosition,
    long RowCount,
    long ErrorCount,
    bool IsFinished = false,
    string? InputPrefixSha256 = null,
    long? ChangedImageCount = null)
{
    /// <summary>Nothing yet.</summary>
    public static JobProgress None { get; } = new(0, 0, 0);
}
