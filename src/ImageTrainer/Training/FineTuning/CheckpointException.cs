namespace ImageTrainer.Training.FineTuning;

/// <summary>A checkpoint that training cannot go on from.</summary>
public sealed class CheckpointException : ImageTrainerException
{
    /// <summary>Describes an unusable checkpoint.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="reason">One clause without a full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public CheckpointException(string path, string reason, Exception? innerException = null)
        : base($"Cannot go on from the checkpoint '{path}': {reason}. Delete it to start anew.", innerException) => Path = path;

    /// <summary>Path of the file.</summary>
    public string Path { get; }
}
