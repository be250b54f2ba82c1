namespace ImageTrainer.Data;

/// <summary>A data set cannot be read or cannot be trained on.</summary>
public sealed class DatasetException : ImageTrainerException
{
    /// <summary>Describes one unusable data set.</summary>
    /// <param name="path">Path of the folder or list file, or null where the data set was made in memory.</param>
    /// <param name="message">Whole sentences: what is wrong, where, and the way out.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public DatasetException(string? path, string message, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>Path of the folder or list file, or null where the data set was made in memory.</summary>
    public string? Path { get; }
}
