using System.Text;
using System.Text.Json;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch.Postgres;

/// <summary>A row as the table has it.</summary>
/// <param name="Path">As the input writes it.</param>
/// <param name="Position">Place in the whole input, from 0.</param>
/// <param name="Label">The likeliest label, or null.</param>
/// <param name="Probability">Its probability, or null.</param>
/// <param name="TopK">JSON of the likeliest labels, or null.</param>
/// <param name="Embedding">The features, or null.</param>
/// <param name="Error">Why the image could not be scored, or null.</param>
/// <param name="Columns">JSON of the columns that came with it, or null where there are none.</param>
internal sealed record DatabaseRow(
    string Path, long Position, string? Label, float? Probability, string? TopK, float[]? Embedding, string? Error, string? Columns)
{
    /// <summary>Copies a row out of its batch.</summary>
    public static DatabaseRow Of(in ScoredRow row, RowLayout layout)
    {
        string? columns = row.Image.Columns.Count == 0 ? null : ColumnsOf(row);
        if (row.Fault is not null) return new DatabaseRow(Clean(row.Image.Path), row.Position, null, null, null, null, Clean(row.Fault), columns);
        ReadOnlySpan<float> score = row.Score.Span;
        int[] top = RankedLabels.Top(score, layout.TopCount);
        return new DatabaseRow(
            Clean(row.Image.Path),
            row.Position,
            Clean(layout.Labels[top[0]]),
            score[top[0]],
            TopOf(score, top, layout),
            layout.IncludeEmbeddings ? row.Features.ToArray() : null,
            null,
            columns);
    }

    // PostgreSQL's text has no U+0000.
    private static string Clean(string text) => text.Replace('\0', '\uFFFD');

    private static string ColumnsOf(ScoredRow row)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            JsonRowWriter.WriteColumns(row.Image, json);
            json.WriteEndObject();
        }

        return Clean(Text(stream).Replace("\\u0000", "\\uFFFD", StringComparison.Ordinal));
    }

    private static string TopOf(ReadOnlySpan<float> score, int[] top, RowLayout layout)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) JsonRowWriter.WriteTop(score, top, layout, json);
        return Text(stream);
    }

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
}
