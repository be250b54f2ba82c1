using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Batch;

/// <summary>How a pile of images is scored.</summary>
public sealed record ScoringOptions
{
    private const int MostLabels = 100_000, MostImages = 1024, MostRows = 1_000_000;

    /// <summary>How rows are written to a file; default <see cref="RowFormat.Csv"/>. Databases have columns instead.</summary>
    public RowFormat Format { get; init; } = RowFormat.Csv;

    /// <summary>How many labels a row gives, likeliest first, 1 or more; default 1.</summary>
    [Range(1, MostLabels)]
    public int TopCount { get; init; } = 1;

    /// <summary>Whether rows hold the image's features too, D floats; default false.</summary>
    public bool IncludeEmbeddings { get; init; }

    /// <summary>Images a run of the network, 1 or more; null (default) for what suits the device.</summary>
    [Range(1, MostImages)]
    public int? BatchSize { get; init; }

    /// <summary>The share of the input to score; default all of it.</summary>
    public ScoringShard Shard { get; init; } = ScoringShard.Whole;

    /// <summary>Whether to go on where an earlier run of the same job stopped; default false. Without such a run the job begins anew.</summary>
    public bool Resume { get; init; }

    /// <summary>How many images may be unreadable; null (default) for any number.</summary>
    public ErrorLimit? MaxErrors { get; init; }

    /// <summary>Rows after which the output is committed, 1 or more; default 256. A batch is never divided.</summary>
    [Range(1, MostRows)]
    public int RowsPerCommit { get; init; } = 256;

    /// <summary>Time after which it is committed in any case; default 1 second: what a kill can cost.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One or more are out of range; the message names each.</exception>
    internal void Validate()
    {
        // Asked one by one: the validator that finds the attributes by itself would keep applications from being trimmed.
        (string Name, object? Value, ValidationAttribute Rule)[] rules =
        [
            (nameof(TopCount), TopCount, new RangeAttribute(1, MostLabels)),
            (nameof(BatchSize), BatchSize, new RangeAttribute(1, MostImages)),
            (nameof(RowsPerCommit), RowsPerCommit, new RangeAttribute(1, MostRows)),
        ];
        List<string> faults = [.. rules.Where(option => !option.Rule.IsValid(option.Value)).Select(option => option.Rule.FormatErrorMessage(option.Name))];
        if (Shard.Index < 0 || Shard.Index >= Shard.Count) faults.Add($"{nameof(Shard)} {Shard} is no share.");
        if (faults.Count > 0) throw new ArgumentException(string.Join(' ', faults));
    }
}
