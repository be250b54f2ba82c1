using System.Buffers;
using System.Globalization;
using System.Text;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Pipeline;
using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Output;

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
        if (row.Fault is null) AppendScores(row.Score.Span);
        else _line.Append(',', 2 * layout.TopCount);
        if (layout.IncludeEmbeddings) AppendFeatures(row.Features.Span);
        Append(row.Fault ?? "");
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

    private void AppendScores(ReadOnlySpan<float> score)
    {
        foreach (int index in RankedLabels.Top(score, layout.TopCount))
        {
            Append(layout.Labels[index]);
            _line.Append(CultureInfo.InvariantCulture, $",{score[index]}");
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
