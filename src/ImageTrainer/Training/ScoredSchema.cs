using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

/// <summary>
/// The columns of a model's predictions: those that went in, and after them the label as a key of the model's own labels (where there is a
/// column of that name), the scores, the predicted label and the reason why an image could not be read.
/// </summary>
internal sealed class ScoredSchema : ImageSchema
{
    private readonly Dictionary<string, uint> _keys;

    /// <summary>Adds a model's columns.</summary>
    /// <param name="input">The columns that go in.</param>
    /// <param name="columns">Their names, and those of what comes out.</param>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or holds something else.</exception>
    public ScoredSchema(DataViewSchema input, ModelColumns columns, IReadOnlyList<string> labels)
        : base(input, columns.Feature, columns.Kind)
    {
        SourceLabel = input.GetColumnOrNull(columns.Label);
        _keys = labels.Index().ToDictionary(label => label.Item, label => (uint)label.Index + 1, StringComparer.Ordinal);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        var key = new KeyDataViewType(typeof(uint), labels.Count);
        DataViewSchema.Annotations keyValues = LabelAnnotations.Create(LabelAnnotations.KeyValues, labels);
        if (SourceLabel is not null) builder.AddColumn(columns.Label, key, keyValues);
        builder.AddColumn(columns.Score, new VectorDataViewType(NumberDataViewType.Single, labels.Count), ScoreAnnotations(labels));
        builder.AddColumn(columns.PredictedLabel, key, keyValues);
        builder.AddColumn(ImageClassificationModel.ErrorColumnName, TextDataViewType.Instance);
        Output = builder.ToSchema();
        (Score, PredictedLabel) = (Output[Output.Count - 3], Output[Output.Count - 2]);
        Label = SourceLabel is null ? null : Output[Output.Count - 4];
    }

    /// <inheritdoc/>
    public override DataViewSchema Output { get; }

    /// <summary>The column of labels that goes in, of text or keys; null where there is none.</summary>
    public DataViewSchema.Column? SourceLabel { get; }

    /// <summary>The labels as keys in the order of scores.</summary>
    public DataViewSchema.Column? Label { get; }

    /// <summary>The K probabilities; NaN where the image cannot be read.</summary>
    public DataViewSchema.Column Score { get; }

    /// <summary>The key of the greatest; missing where the image cannot be read.</summary>
    public DataViewSchema.Column PredictedLabel { get; }

    /// <inheritdoc/>
    public override bool IsScored(DataViewSchema.Column column) => column.Index >= Score.Index;

    /// <inheritdoc/>
    public override Delegate CreateGetter(DataViewSchema.Column column, DataViewRow row, Func<ScoredImage> current)
    {
        if (column.Index == Score.Index) return Numbers(current);
        if (column.Index == PredictedLabel.Index) return (ValueGetter<uint>)((ref uint value) => value = current().PredictedKey);
        return column.Index == Label?.Index ? LabelGetter(row) : Reason(current);
    }

    /// <inheritdoc/>
    protected override DataViewSchema.Column SourceOfAdded(DataViewSchema.Column column) => column.Index == Label?.Index ? SourceLabel!.Value : Feature;

    // 0, the missing key, for labels that the model does not know.
    private ValueGetter<uint> LabelGetter(DataViewRow row)
    {
        Func<string> read = LabelReader.Create(row, SourceLabel!.Value);
        return (ref uint value) => value = _keys.GetValueOrDefault(read());
    }

    private static DataViewSchema.Annotations ScoreAnnotations(IReadOnlyList<string> labels)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(LabelAnnotations.Create(LabelAnnotations.SlotNames, labels), _ => true);
        // What ML.NET's own scorers say of such a column.
        builder.AddPrimitiveValue("ScoreColumnKind", TextDataViewType.Instance, "MulticlassClassification".AsMemory());
        builder.AddPrimitiveValue("ScoreValueKind", TextDataViewType.Instance, "Score".AsMemory());
        return builder.ToAnnotations();
    }
}
