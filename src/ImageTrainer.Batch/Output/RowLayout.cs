using System.Globalization;

namespace ImageTrainer.Batch.Output;

/// <summary>What every row of a job needs to be written.</summary>
/// <param name="ModelSha256">SHA-256 of the model file, lower-case hex.</param>
/// <param name="ColumnNames">Names of the columns that the input brings.</param>
/// <param name="TopCount">Number of labels in a row, 1 to K.</param>
/// <param name="IncludeEmbeddings">Whether rows have features.</param>
public sealed record RowLayout(
    string ModelSha256, IReadOnlyList<string> ColumnNames, int TopCount, bool IncludeEmbeddings)
{
    private static readonly string[] Own = ["path", "predictedLabel", "probability", "topK", "embedding", "error", "modelSha256"];

    /// <summary>The layout of a job's rows.</summary>
    /// <param name="identity">The job.</param>
    /// <param name="labelCount">K, the number of the model's labels.</param>
    /// <exception cref="ScoringRefusedException">The input brings a column that the output needs itself.</exception>
    public static RowLayout Of(JobIdentity identity, int labelCount)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentOutOfRangeException.ThrowIfLessThan(labelCount, 1);
        int top = Math.Min(identity.TopCount, labelCount);
        string[] taken = [.. Own, .. Enumerable.Range(2, top - 1).SelectMany(rank => new[] { LabelColumn(rank), ProbabilityColumn(rank) })];
        if (identity.ColumnNames.FirstOrDefault(taken.Contains) is { } name)
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, $"The input has a column '{name}', which the output needs for itself; rename it in the list.");
        return new RowLayout(identity.ModelSha256, identity.ColumnNames, top, identity.IncludeEmbeddings);
    }

    /// <summary>Column of the label of a rank from 2 in CSV.</summary>
    internal static string LabelColumn(int rank) => string.Create(CultureInfo.InvariantCulture, $"label{rank}");

    /// <summary>Column of the probability of a rank from 2 in CSV.</summary>
    internal static string ProbabilityColumn(int rank) => string.Create(CultureInfo.InvariantCulture, $"probability{rank}");
}
