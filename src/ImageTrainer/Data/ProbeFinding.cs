namespace ImageTrainer.Data;

/// <summary>Why <see cref="FileProbe"/> takes a file for no image.</summary>
/// <param name="Reason">One short clause without a full stop.</param>
/// <param name="IsUnreadable">Whether it may be one all the same, but cannot be opened.</param>
internal sealed record ProbeFinding(string Reason, bool IsUnreadable);
