using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace ImageTrainer.Batch;

/// <summary>How rows are written to a file.</summary>
public enum RowFormat
{
    /// <summary>Comma-separated values by RFC 4180 in UTF-8, with a header line.</summary>
    Csv,

    /// <summary>JSON lines: one object a line, in UTF-8.</summary>
    Jsonl,
}

/// <summary>How a pile of images is scored.</summary>
public sealed record ScoringOptions
{
    private const int MostLabels = 100_000, MostImages = 1024, MostRows = 1_000_000;

    /// <summary>How rows are written to a file; default <see cref="RowFormat.Csv"/>. A database has columns instead.</summary>
    public RowFormat Format { get; init; } = RowFormat.Csv;

    /// <summary>Number of labels in a row, likeliest first, 1 to 100,000; default 1. A model with fewer labels gives all of them.</summary>
    [Range(1, MostLabels)]
    [Display(Description = "How many labels to give for each image, likeliest first.")]
    public int TopCount { get; init; } = 1;

    /// <summary>Whether rows also hold the image's features, D floats; default false.</summary>
    public bool IncludeEmbeddings { get; init; }

    /// <summary>Number of images in one run of the network, 1 to 1024; null (default) for what suits the device.</summary>
    [Range(1, MostImages)]
    [Display(Description = "Images in one run of the network.", Prompt = "what suits the device")]
    public int? BatchSize { get; init; }

    /// <summary>The share of the input to score; default all of it.</summary>
    public ScoringShard Shard { get; init; } = ScoringShard.Whole;

    /// <summary>
    /// Whether to go on where an earlier run of the same job stopped; default false. Where there was none, the job begins.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>How many images may be unreadable before the job stops; null (default) for any number.</summary>
    public ErrorLimit? MaxErrors { get; init; }

    /// <summary>Number of rows after which the output is committed, 1 to 1,000,000; default 256. A batch is never divided.</summary>
    [Range(1, MostRows)]
    public int RowsPerCommit { get; init; } = 256;

    /// <summary>Time after which the output is committed in any case, and so the work that a kill can cost; default 1 second.</summary>
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
        List<string> faults =
        [
            .. rules.Where(option => !option.Rule.IsValid(option.Value)).Select(option => option.Rule.FormatErrorMessage(option.Name)),
        ];
        if (Shard.Index < 0 || Shard.Index >= Shard.Count) faults.Add($"{nameof(Shard)} {Shard} is no share.");
        if (faults.Count > 0) throw new ArgumentException(string.Join(' ', faults));
    }
}

/// <summary>How many images may be unreadable before a job stops: a number of images, or a share of them.</summary>
/// <param name="Value">The number, or the share in percent (0 to 100).</param>
/// <param name="IsPercent">Whether <paramref name="Value"/> is a share.</param>
public sealed record ErrorLimit(double Value, bool IsPercent)
{
    // Of fewer rows than this a share says little, where the number of images is not known.
    private const long LeastRows = 1000;

    /// <summary>Reads "N" (a number of images) or "P%" (a share of them).</summary>
    /// <param name="text">The text: "10", "0.5%".</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ErrorLimit Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isPercent = text.EndsWith('%');
        NumberStyles styles = isPercent ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
        if (double.TryParse(isPercent ? text[..^1] : text, styles, CultureInfo.InvariantCulture, out double value)
            && value <= (isPercent ? 100 : long.MaxValue))
            return new ErrorLimit(value, isPercent);
        throw new FormatException($"'{text}' is no limit; write a number of images (10) or a share of them (0.5%).");
    }

    /// <summary>Gives "N" or "P%", which <see cref="Parse"/> reads.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");

    /// <summary>Whether the job has to stop.</summary>
    /// <param name="errorCount">Unreadable images so far.</param>
    /// <param name="rowCount">Rows so far.</param>
    /// <param name="totalCount">Images in all, or null where that is not known; a share is then one of the rows so far.</param>
    internal bool IsExceeded(long errorCount, long rowCount, long? totalCount)
    {
        if (!IsPercent) return errorCount > Value;
        long whole = totalCount ?? Math.Max(rowCount, LeastRows);
        return errorCount > Value / 100 * whole;
    }
}
