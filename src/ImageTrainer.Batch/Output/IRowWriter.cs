using System.Buffers;
using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch.Output;

/// <summary>Puts rows into bytes. The same row gives the same bytes, whatever came before it.</summary>
internal interface IRowWriter
{
    /// <summary>Writes what stands before the first row; nothing where the format has no such thing.</summary>
    void WriteHeader(IBufferWriter<byte> output);

    /// <summary>Writes one row with its line end.</summary>
    void WriteRow(in ScoredRow row, IBufferWriter<byte> output);
}

/// <summary>What every row needs to be written.</summary>
/// <param name="Labels">The K labels.</param>
/// <param name="ModelSha256">Hash of the model file, lower-case hex.</param>
/// <param name="ColumnNames">Columns that the input brings.</param>
/// <param name="TopCount">Labels a row, 1 to K.</param>
/// <param name="IncludeEmbeddings">Whether rows have features.</param>
internal sealed record RowLayout(
    IReadOnlyList<string> Labels, string ModelSha256, IReadOnlyList<string> ColumnNames, int TopCount, bool IncludeEmbeddings)
{
    private static readonly string[] Own = ["path", "predictedLabel", "probability", "topK", "embedding", "error", "modelSha256"];

    /// <summary>The layout of a job's rows.</summary>
    /// <exception cref="ScoringRefusedException">The input brings a column that the output needs itself.</exception>
    public static RowLayout Of(JobIdentity identity, IReadOnlyList<string> labels)
    {
        int top = Math.Min(identity.TopCount, labels.Count);
        string[] taken = [.. Own, .. Enumerable.Range(2, top - 1).SelectMany(rank => new[] { LabelColumn(rank), ProbabilityColumn(rank) })];
        if (identity.ColumnNames.FirstOrDefault(taken.Contains) is { } name)
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, $"The input has a column '{name}', which the output needs for itself; rename it in the list.");
        return new RowLayout(labels, identity.ModelSha256, identity.ColumnNames, top, identity.IncludeEmbeddings);
    }

    /// <summary>Column of the label of a rank from 2 in CSV.</summary>
    public static string LabelColumn(int rank) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"label{rank}");

    /// <summary>Column of the probability of a rank from 2 in CSV.</summary>
    public static string ProbabilityColumn(int rank) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"probability{rank}");
}
