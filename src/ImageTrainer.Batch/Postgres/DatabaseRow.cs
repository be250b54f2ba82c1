using System.Text;
using System.Text.Json;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch.Postgres;

/// <summary>A row as the table has it.</summary>
/// <param name="Path">As the input writes it; shortened where a key cannot hold it.</param>
/// <param name="Position">Place in the whole input, from 0.</param>
/// <param name="Label">The likeliest label, or null.</param>
/// <param name="Probability">Its probability, or null.</param>
/// <param name="TopK">JSON of the likeliest labels, or null.</param>
/// <param name="Embedding">The features, or null.</param>
/// <param name="Error">Why the image could not be scored, or null.</param>
/// <param name="Columns">JSON of the columns that came with it and of a path that was shortened, or null where there are none.</param>
internal sealed record DatabaseRow(
    string Path, long Position, string? Label, float? Probability, string? TopK, float[]? Embedding, string? Error, string? Columns)
{
    /// <summary>Copies a row out of its batch. The labels of the layout are clean.</summary>
    public static DatabaseRow Of(in ScoredRow row, RowLayout layout)
    {
        string path = DatabaseText.KeyOf(row.Image.Path);
        string? columns = row.Image.Columns.Count == 0 && DatabaseText.FitsKey(row.Image.Path) ? null : ColumnsOf(row.Image);
        if (row.Fault is not null) return new DatabaseRow(path, row.Position, null, null, null, null, DatabaseText.Clean(row.Fault), columns);
        ReadOnlySpan<float> score = row.Score.Span;
        int[] top = RankedLabels.Top(score, layout.TopCount);
        return new DatabaseRow(
            path,
            row.Position,
            layout.Labels[top[0]],
            score[top[0]],
            TopOf(score, top, layout),
            layout.IncludeEmbeddings ? row.Features.ToArray() : null,
            null,
            columns);
    }

    private static string ColumnsOf(ListedImage image)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            // No column of the input may have that name.
            if (!DatabaseText.FitsKey(image.Path)) json.WriteString("path", DatabaseText.Clean(image.Path));
            foreach (PassedColumn column in image.Columns.DistinctBy(column => column.Name)) Write(column, json);
            json.WriteEndObject();
        }

        return Text(stream);
    }

    private static void Write(PassedColumn column, Utf8JsonWriter json)
    {
        json.WritePropertyName(DatabaseText.Clean(column.Name));
        if (column.IsJson && DatabaseText.IsJsonb(column.Value)) json.WriteRawValue(column.Value);
        else json.WriteStringValue(DatabaseText.Clean(column.Value));
    }

    private static string TopOf(ReadOnlySpan<float> score, int[] top, RowLayout layout)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) JsonRowWriter.WriteTop(score, top, layout, json);
        return Text(stream);
    }

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
}
