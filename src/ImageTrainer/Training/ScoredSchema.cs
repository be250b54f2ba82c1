using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

/// <summary>
/// The columns of a model's predictions: those that went in, and after them the label as a key of the model's own labels (where there is a
/// column of that name), the scores, the predicted label and the reason why an image could not be read.
/// </summary>
internal sealed class ScoredSchema
{
    private readonly Dictionary<string, uint> _keys;

    /// <summary>Adds a model's columns.</summary>
    /// <param name="input">The columns that go in.</param>
    /// <param name="columns">Their names, and those of what comes out.</param>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or holds something else.</exception>
    public ScoredSchema(DataViewSchema input, ModelColumns columns, IReadOnlyList<string> labels)
    {
        Input = input;
        Labels = labels;
        Feature = FeatureOf(input, columns);
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
        (Score, PredictedLabel, Error) = (Output[Output.Count - 3], Output[Output.Count - 2], Output[Output.Count - 1]);
        Label = SourceLabel is null ? null : Output[Output.Count - 4];
    }

    /// <summary>The columns that go in.</summary>
    public DataViewSchema Input { get; }

    /// <summary>All columns that come out; those that went in keep their places.</summary>
    public DataViewSchema Output { get; }

    /// <summary>The K labels, in the order of scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The column of images that goes in.</summary>
    public DataViewSchema.Column Feature { get; }

    /// <summary>The column of labels that goes in, of text or keys; null where there is none.</summary>
    public DataViewSchema.Column? SourceLabel { get; }

    /// <summary>The labels as keys in the order of scores.</summary>
    public DataViewSchema.Column? Label { get; }

    /// <summary>The K probabilities; NaN where the image cannot be read.</summary>
    public DataViewSchema.Column Score { get; }

    /// <summary>The key of the greatest; missing where the image cannot be read.</summary>
    public DataViewSchema.Column PredictedLabel { get; }

    /// <summary>Why the image cannot be read; empty where it can.</summary>
    public DataViewSchema.Column Error { get; }

    /// <summary>Whether a column comes of an image, so that its row has to be scored.</summary>
    public bool IsScored(DataViewSchema.Column column) => column.Index >= Score.Index;

    /// <summary>The input column of the same place; for columns that are passed through.</summary>
    public DataViewSchema.Column? SourceOf(DataViewSchema.Column column) => column.Index < Input.Count ? Input[column.Index] : null;

    /// <summary>The input columns that some output columns are made from.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns)
    {
        var needed = new HashSet<DataViewSchema.Column>();
        foreach (DataViewSchema.Column column in columns)
        {
            if (SourceOf(column) is { } source) needed.Add(source);
            else needed.Add(column.Index == Label?.Index ? SourceLabel!.Value : Feature);
        }

        return needed;
    }

    /// <summary>Reads labels of a row as keys of the model's; 0, the missing key, for labels that it does not know.</summary>
    /// <exception cref="ArgumentException">The column holds neither text nor keys with texts.</exception>
    public ValueGetter<uint> LabelGetter(DataViewRow row)
    {
        Func<string> read = LabelReader.Create(row, SourceLabel!.Value);
        return (ref uint value) => value = _keys.GetValueOrDefault(read());
    }

    private static DataViewSchema.Column FeatureOf(DataViewSchema input, ModelColumns columns)
    {
        DataViewSchema.Column feature = input.GetColumnOrNull(columns.Feature)
            ?? throw new ArgumentException($"The data has no column '{columns.Feature}', which the model's images are in.", nameof(input));
        return ModelColumns.KindOf(feature.Type) == columns.Kind
            ? feature
            : throw new ArgumentException($"The column '{columns.Feature}' is of type {feature.Type}; the model was trained on {Describe(columns.Kind)}.", nameof(input));
    }

    private static string Describe(ImageColumnKind kind) => kind switch
    {
        ImageColumnKind.Path => "paths of files, as text",
        ImageColumnKind.Encoded => "the bytes of files, as LoadRawImageBytes makes",
        _ => "decoded images, as LoadImages makes",
    };

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
