using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Rows as JSON objects, one a line: <c>path</c>, the input's columns, <c>predictedLabel</c>, <c>probability</c>, <c>topK</c>
/// (<c>label</c>, <c>probability</c>), <c>embedding</c>, <c>error</c>, <c>modelSha256</c>. Numbers read back as the same floats.
/// </summary>
internal sealed class JsonRowWriter(RowLayout layout) : IRowWriter
{
    // Text of any language stays readable; the file is UTF-8 and no web page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public void WriteHeader(IBufferWriter<byte> output)
    {
    }

    /// <inheritdoc/>
    public void WriteRow(in ScoredRow row, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("path", row.Image.Path);
            WriteColumns(row.Image, json);
            if (row.Fault is null) WriteScores(row.Score.Span, json);
            else WriteNoScores(json);
            if (layout.IncludeEmbeddings) WriteFeatures(row, json);
            json.WriteString("error", row.Fault);
            json.WriteString("modelSha256", layout.ModelSha256);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Writes the columns that came with an image as properties.</summary>
    public static void WriteColumns(ListedImage image, Utf8JsonWriter json)
    {
        foreach (PassedColumn column in image.Columns)
        {
            json.WritePropertyName(column.Name);
            if (column.IsJson) json.WriteRawValue(column.Value);
            else json.WriteStringValue(column.Value);
        }
    }

    private void WriteScores(ReadOnlySpan<float> score, Utf8JsonWriter json)
    {
        int[] top = RankedLabels.Top(score, layout.TopCount);
        json.WriteString("predictedLabel", layout.Labels[top[0]]);
        json.WriteNumber("probability", score[top[0]]);
        json.WritePropertyName("topK");
        WriteTop(score, top, layout, json);
    }

    /// <summary>Writes an array of labels with their probabilities.</summary>
    public static void WriteTop(ReadOnlySpan<float> score, int[] top, RowLayout layout, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (int index in top)
        {
            json.WriteStartObject();
            json.WriteString("label", layout.Labels[index]);
            json.WriteNumber("probability", score[index]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNoScores(Utf8JsonWriter json)
    {
        json.WriteNull("predictedLabel");
        json.WriteNull("probability");
        json.WriteNull("topK");
    }

    private static void WriteFeatures(in ScoredRow row, Utf8JsonWriter json)
    {
        if (row.Fault is not null)
        {
            json.WriteNull("embedding");
            return;
        }

        json.WriteStartArray("embedding");
        foreach (float feature in row.Features.Span) json.WriteNumberValue(feature);
        json.WriteEndArray();
    }
}
