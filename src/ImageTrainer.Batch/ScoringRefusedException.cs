namespace ImageTrainer.Batch;

/// <summary>Why a job may not be started or resumed, or parts not be merged.</summary>
public enum ScoringRefusal
{
    /// <summary>The output is there already, and resuming was not asked for.</summary>
    OutputExists,

    /// <summary>The output is there, and was not made by a job that can be resumed, or was changed since.</summary>
    NotAJob,

    /// <summary>The job was begun with another model, input or options.</summary>
    Different,

    /// <summary>Another process is writing the same output.</summary>
    Locked,

    /// <summary>Parts do not belong together, or one is missing, there twice or unfinished.</summary>
    PartsDisagree,

    /// <summary>The job cannot do what the options ask of it.</summary>
    Impossible,

    /// <summary>The place of the output cannot be written.</summary>
    NotWritable,
}

/// <summary>A job was refused before anything was written.</summary>
public sealed class ScoringRefusedException : ImageTrainerException
{
    /// <summary>Describes one refusal.</summary>
    /// <param name="refusal">Why.</param>
    /// <param name="message">What, where and what to do next.</param>
    public ScoringRefusedException(ScoringRefusal refusal, string message)
        : base(message) => Refusal = refusal;

    /// <summary>Why.</summary>
    public ScoringRefusal Refusal { get; }
}
