namespace ImageTrainer.Batch;

/// <summary>How rows are written to a file.</summary>
public enum RowFormat
{
    /// <summary>Comma-separated values by RFC 4180 in UTF-8, with a header line.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    Jsonl,
}
