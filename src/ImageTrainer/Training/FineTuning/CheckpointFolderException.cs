namespace ImageTrainer.Training.FineTuning;

/// <summary>A folder that no checkpoint can be kept in.</summary>
public sealed class CheckpointFolderException : ImageTrainerException
{
    /// <summary>Describes an unusable folder.</summary>
    /// <param name="path">Path of the folder.</param>
    /// <param name="reason">One clause without a full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public CheckpointFolderException(string path, string reason, Exception? innerException = null)
        : base($"No checkpoint can be kept in the folder '{path}' ({reason}). Name another one, or none.", innerException) => Path = path;

    /// <summary>Path of the folder.</summary>
    public string Path { get; }
}
