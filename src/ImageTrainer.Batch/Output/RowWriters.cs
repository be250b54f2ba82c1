using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Output;

/// <summary>Turns rows into bytes. The same row gives the same bytes, whatever came before it.</summary>
internal interface IRowWriter
{
    /// <summary>Writes what stands before the first row; nothing where the format has no header.</summary>
    void WriteHeader(IBufferWriter<byte> output);

    /// <summary>Writes one row with its line end.</summary>
    void WriteRow(in ScoredRow row, IBufferWriter<byte> output);
}

/// <summary>
/// Rows as CSV: <c>path</c>, the input's columns, <c>predictedLabel</c>, <c>probability</c>, <c>label2</c>, <c>probability2</c> ...,
/// <c>embedding</c> (numbers with spaces between), <c>error</c>, <c>modelSha256</c>. Numbers read back as the same floats.
/// </summary>
internal sealed class CsvRowWriter(RowLayout layout) : IRowWriter
{
    private readonly StringBuilder _line = new();

    /// <inheritdoc/>
    public void WriteHeader(IBufferWriter<byte> output)
    {
        _line.Append("path");
        foreach (string name in layout.ColumnNames) Append(name);
        Append("predictedLabel");
        Append("probability");
        for (int rank = 2; rank <= layout.TopCount; rank++)
        {
            Append(RowLayout.LabelColumn(rank));
            Append(RowLayout.ProbabilityColumn(rank));
        }

        if (layout.IncludeEmbeddings) Append("embedding");
        Append("error");
        Append("modelSha256");
        _line.WriteLine(output);
    }

    /// <inheritdoc/>
    public void WriteRow(in ScoredRow row, IBufferWriter<byte> output)
    {
        _line.AppendField(row.Image.Path);
        foreach (string name in layout.ColumnNames) Append(ValueOf(row.Image, name));
        if (row.Prediction is { } prediction) AppendScores(prediction);
        else _line.Append(',', 2 * layout.TopCount);
        if (layout.IncludeEmbeddings) AppendFeatures(row.Features.Span);
        Append(row.Error?.Reason ?? "");
        Append(layout.ModelSha256);
        _line.WriteLine(output);
    }

    private static string ValueOf(ListedImage image, string name)
    {
        foreach (PassedColumn column in image.Columns)
        {
            if (column.Name == name) return column is { IsJson: true, Value: "null" } ? "" : column.Value;
        }

        return "";
    }

    private void AppendScores(ImagePrediction prediction)
    {
        foreach ((string label, float probability) in prediction.TopK(layout.TopCount))
        {
            Append(label);
            _line.Append(CultureInfo.InvariantCulture, $",{probability}");
        }
    }

    private void AppendFeatures(ReadOnlySpan<float> features)
    {
        char separator = ',';
        if (features.IsEmpty) _line.Append(separator);
        foreach (float feature in features)
        {
            _line.Append(CultureInfo.InvariantCulture, $"{separator}{feature}");
            separator = ' ';
        }
    }

    private void Append(string field)
    {
        _line.Append(',');
        _line.AppendField(field);
    }
}

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
            if (row.Prediction is { } prediction) WriteScores(prediction, json);
            else WriteNoScores(json);
            if (layout.IncludeEmbeddings) WriteFeatures(row, json);
            json.WriteString("error", row.Error?.Reason);
            json.WriteString("modelSha256", layout.ModelSha256);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteColumns(ListedImage image, Utf8JsonWriter json)
    {
        foreach (PassedColumn column in image.Columns)
        {
            json.WritePropertyName(column.Name);
            if (column.IsJson) json.WriteRawValue(column.Value);
            else json.WriteStringValue(column.Value);
        }
    }

    private void WriteScores(ImagePrediction prediction, Utf8JsonWriter json)
    {
        IReadOnlyList<LabelProbability> top = prediction.TopK(layout.TopCount);
        json.WriteString("predictedLabel", top[0].Label);
        json.WriteNumber("probability", top[0].Probability);
        json.WriteStartArray("topK");
        foreach ((string label, float probability) in top)
        {
            json.WriteStartObject();
            json.WriteString("label", label);
            json.WriteNumber("probability", probability);
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
        if (row.Error is not null)
        {
            json.WriteNull("embedding");
            return;
        }

        json.WriteStartArray("embedding");
        foreach (float feature in row.Features.Span) json.WriteNumberValue(feature);
        json.WriteEndArray();
    }
}
