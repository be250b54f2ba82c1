namespace ImageTrainer.Training;

/// <summary>Features or labels from which no head can be fitted.</summary>
public sealed class TrainingDataException : ImageTrainerException
{
    /// <summary>Describes unusable training data.</summary>
    /// <param name="message">Whole sentences: what is wrong, where, and the way out.</param>
    /// <param name="rowIndices">The rows at fault, counted from 0, ascending; empty where the fault is the data's as a whole.</param>
    public TrainingDataException(string message, IReadOnlyList<int>? rowIndices = null)
        : base(message) => RowIndices = rowIndices ?? [];

    /// <summary>The rows at fault, counted from 0, ascending; empty where the fault is the data's as a whole.</summary>
    public IReadOnlyList<int> RowIndices { get; }
}
