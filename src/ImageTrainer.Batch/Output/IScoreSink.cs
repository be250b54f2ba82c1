using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Where rows go. Between two commits rows may or may not be there after a kill; at the next opening only what was committed counts.
/// Not safe for concurrent use.
/// </summary>
internal interface IScoreSink : IDisposable
{
    /// <summary>Takes hold of the output and says how far it is.</summary>
    /// <param name="identity">The job.</param>
    /// <param name="resume">Whether to go on with what is there.</param>
    /// <exception cref="ScoringRefusedException">Something is there that must not be touched, or another process has it.</exception>
    /// <exception cref="ScoringOutputException">It cannot be written.</exception>
    JobProgress Open(JobIdentity identity, bool resume);

    /// <summary>Takes the next row.</summary>
    /// <exception cref="ScoringOutputException">It cannot be written.</exception>
    void Write(in ScoredRow row);

    /// <summary>Makes all rows so far last, and the progress with them: both or neither.</summary>
    /// <exception cref="ScoringOutputException">It cannot be written.</exception>
    void Commit(JobProgress progress);

    /// <summary>Says that nothing more comes; everything is committed.</summary>
    /// <exception cref="ScoringOutputException">It cannot be written.</exception>
    void Finish();
}
