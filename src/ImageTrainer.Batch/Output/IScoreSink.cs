using ImageTrainer.Batch.Listing;
using ImageTrainer.Imaging;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Where rows go. Between two commits rows may or may not outlive a kill; when the sink is opened again only what was committed counts.
/// One job uses it, on one thread; disposing it frees the output for others, whether or not the job is finished.
/// </summary>
public interface IScoreSink : IDisposable
{
    /// <summary>Names the form in which the rows are kept ("csv", "jsonl", "postgres"): a job is resumed in the same form only.</summary>
    string Format { get; }

    /// <summary>Takes hold of the output and says how far it is.</summary>
    /// <param name="identity">The job.</param>
    /// <param name="layout">What its rows hold.</param>
    /// <param name="mayResume">Whether to go on with what is there.</param>
    /// <exception cref="ScoringRefusedException">Something is there that must not be touched, or another process has it.</exception>
    /// <exception cref="ScoringOutputException">The output cannot be written.</exception>
    JobProgress Open(JobIdentity identity, RowLayout layout, bool mayResume);

    /// <summary>Takes the next row, in the order of the input.</summary>
    /// <param name="row">The row. Its features are valid during this call only.</param>
    /// <exception cref="ScoringOutputException">The output cannot be written.</exception>
    void Write(in ScoredRow row);

    /// <summary>Makes all rows so far last, and the progress with them: both or neither.</summary>
    /// <param name="progress">How far the job is with these rows.</param>
    /// <exception cref="ScoringOutputException">The output cannot be written.</exception>
    void Commit(JobProgress progress);

    /// <summary>Called once after the last commit, when the job is finished.</summary>
    /// <exception cref="ScoringOutputException">The output cannot be written.</exception>
    void Finish();
}

/// <summary>What is known of one image at the end.</summary>
/// <param name="Position">Place of the image in the whole input, from 0.</param>
/// <param name="Image">The image.</param>
/// <param name="Prediction">What the model says of it; null where there is an error.</param>
/// <param name="Features">
/// [D] numbers; empty where there is an error, or where features are not wanted. The memory is used again: whoever keeps them copies.
/// </param>
/// <param name="Error">Why the image could not be read; null where it was.</param>
public readonly record struct ScoredRow(
    long Position, ListedImage Image, ImagePrediction? Prediction, ReadOnlyMemory<float> Features, ImageDecodeException? Error);

/// <summary>How far the output of a job is committed.</summary>
/// <param name="NextPosition">Place in the whole input at which the job goes on, from 0.</param>
/// <param name="RowCount">Number of rows.</param>
/// <param name="ErrorCount">Number of rows of images that could not be scored.</param>
/// <param name="IsFinished">Whether nothing more comes.</param>
/// <param name="InputPrefixSha256">
/// Fingerprint of all images before <paramref name="NextPosition"/>; null in older journals of an input that is no stream.
/// </param>
/// <param name="ChangedImageCount">
/// Number of images when they were listed for scoring, where they were others than at first; null where they were the same, and in
/// older journals.
/// </param>
public sealed record JobProgress(
    long NextPosition,
    long RowCount,
    long ErrorCount,
    bool IsFinished = false,
    string? InputPrefixSha256 = null,
    long? ChangedImageCount = null)
{
    /// <summary>Nothing is committed yet.</summary>
    public static JobProgress None { get; } = new(0, 0, 0);
}
