using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Batch;

/// <summary>How a pile of images is scored.</summary>
public sealed record ScoringOptions
{
    /// <summary>How rows are written to a file; default <see cref="RowFormat.Csv"/>. Databases have columns instead.</summary>
    public RowFormat Format { get; init; } = RowFormat.Csv;

    /// <summary>How many labels a row gives, likeliest first, 1 or more; default 1.</summary>
    [Range(1, 100_000)]
    public int TopCount { get; init; } = 1;

    /// <summary>Whether rows hold the image's features too, D floats; default false.</summary>
    public bool IncludeEmbeddings { get; init; }

    /// <summary>Images a run of the network, 1 or more; null (default) for what suits the device.</summary>
    [Range(1, 1024)]
    public int? BatchSize { get; init; }

    /// <summary>The share of the input to score; default all of it.</summary>
    public ScoringShard Shard { get; init; } = ScoringShard.Whole;

    /// <summary>Whether to go on where an earlier run of the same job stopped; default false. Without such a run the job begins anew.</summary>
    public bool Resume { get; init; }

    /// <summary>How many images may be unreadable; null (default) for any number.</summary>
    public ErrorLimit? MaxErrors { get; init; }

    /// <summary>Rows after which the output is committed, 1 or more; default 256. A batch is never divided.</summary>
    [Range(1, 1_000_000)]
    public int RowsPerCommit { get; init; } = 256;

    /// <summary>Time after which it is committed in any case; default 1 second: what a kill can cost.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One or more are out of range; the message names each.</exception>
    internal void Validate()
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), faults, validateAllProperties: true);
        if (Shard.Index < 0 || Shard.Index >= Shard.Count) faults.Add(new ValidationResult($"{nameof(Shard)} {Shard} is no share."));
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults.Select(fault => fault.ErrorMessage)));
    }
}
