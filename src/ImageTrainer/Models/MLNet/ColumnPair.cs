namespace ImageTrainer.Models.MLNet;

/// <summary>A column that a component makes of another.</summary>
/// <param name="Output">Name of the column made.</param>
/// <param name="Input">Name of the column read.</param>
internal sealed record ColumnPair(string Output, string Input)
{
    /// <summary>"Input -> Output".</summary>
    public override string ToString() => $"{Input} -> {Output}";

    /// <summary>Several pairs in one line.</summary>
    public static string Join(IEnumerable<ColumnPair> columns) => string.Join(", ", columns);
}
