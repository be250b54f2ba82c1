using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Rows;

/// <summary>The columns that come out where a network says something of a column of images: those that went in, and then its own.</summary>
internal abstract class ImageSchema
{
    /// <summary>Finds the column of images.</summary>
    /// <param name="input">The columns that go in.</param>
    /// <param name="feature">Name of the column of images.</param>
    /// <param name="kind">What it holds.</param>
    /// <exception cref="ArgumentException">The column is missing, or holds something else.</exception>
    protected ImageSchema(DataViewSchema input, string feature, ImageColumnKind kind) => (Input, Feature) = (input, FeatureOf(input, feature, kind));

    /// <summary>The columns that go in.</summary>
    public DataViewSchema Input { get; }

    /// <summary>All columns that come out; those that went in keep their places.</summary>
    public abstract DataViewSchema Output { get; }

    /// <summary>The column of images that goes in.</summary>
    public DataViewSchema.Column Feature { get; }

    /// <summary>Whether a column comes of an image, so that its row has to be scored.</summary>
    public abstract bool IsScored(DataViewSchema.Column column);

    /// <summary>A getter of a column that is added.</summary>
    /// <param name="column">The column.</param>
    /// <param name="row">The row that goes in.</param>
    /// <param name="current">Gives what the network says of the row's current image.</param>
    public abstract Delegate CreateGetter(DataViewSchema.Column column, DataViewRow row, Func<ScoredImage> current);

    /// <summary>The input column of the same place; for columns that are passed through.</summary>
    public DataViewSchema.Column? SourceOf(DataViewSchema.Column column) => column.Index < Input.Count ? Input[column.Index] : null;

    /// <summary>The input columns that some output columns are made from.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns) =>
        columns.Select(column => SourceOf(column) ?? SourceOfAdded(column)).ToHashSet();

    /// <summary>The input column that an added column is made from.</summary>
    protected virtual DataViewSchema.Column SourceOfAdded(DataViewSchema.Column column) => Feature;

    /// <summary>A getter of the numbers.</summary>
    protected static ValueGetter<VBuffer<float>> Numbers(Func<ScoredImage> current) => (ref VBuffer<float> value) =>
    {
        float[] numbers = current().Scores;
        var editor = VBufferEditor.Create(ref value, numbers.Length);
        numbers.CopyTo(editor.Values);
        value = editor.Commit();
    };

    /// <summary>A getter of the reason why the image cannot be read; empty where it can.</summary>
    protected static ValueGetter<ReadOnlyMemory<char>> Reason(Func<ScoredImage> current) =>
        (ref ReadOnlyMemory<char> value) => value = current().Error.AsMemory();

    private static DataViewSchema.Column FeatureOf(DataViewSchema input, string name, ImageColumnKind kind)
    {
        DataViewSchema.Column feature = input.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The data has no column '{name}', which images are wanted in.", nameof(input));
        return ModelColumns.KindOf(feature.Type) == kind
            ? feature
            : throw new ArgumentException($"The column '{name}' is of type {feature.Type}; what was fitted on were {Describe(kind)}.", nameof(input));
    }

    private static string Describe(ImageColumnKind kind) => kind switch
    {
        ImageColumnKind.Path => "paths of files, as text",
        ImageColumnKind.Encoded => "the bytes of files, as LoadRawImageBytes makes",
        _ => "decoded images, as LoadImages makes",
    };
}

/// <summary>
/// The columns of a model's predictions: those that went in, and after them the label as a key of the model's own labels (where there is a
/// column of that name), the scores, the predicted label and the reason why an image could not be read.
/// </summary>
internal sealed class ScoredSchema : ImageSchema
{
    /// <summary>Name of the column that says why an image could not be read.</summary>
    public const string ErrorColumnName = "ImageError";

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
        builder.AddColumn(ScoredSchema.ErrorColumnName, TextDataViewType.Instance);
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

/// <summary>
/// The shape of a model's columns before there is a model. ML.NET makes such shapes for its own steps only, so one of those is asked: a
/// mapping of nothing to columns like ours.
/// </summary>
internal static class ScoredShape
{
    /// <summary>The shape of what comes out.</summary>
    /// <param name="input">The shape of what goes in.</param>
    /// <param name="columns">The names of the columns; the kind counts for nothing.</param>
    public static SchemaShape Create(SchemaShape input, ModelColumns columns)
    {
        SchemaDefinition output = SchemaDefinition.Create(typeof(Output));
        string[] twoLabels = ["", ""];
        // By their names as they are declared, and so before any has another.
        SchemaDefinition.Column label = output[nameof(Output.Label)], score = output[nameof(Output.Score)], predicted = output[nameof(Output.PredictedLabel)];
        output[nameof(Output.ImageError)].ColumnName = ScoredSchema.ErrorColumnName;
        AddLabels(label, LabelAnnotations.KeyValues, twoLabels);
        AddLabels(score, LabelAnnotations.SlotNames, twoLabels);
        AddLabels(predicted, LabelAnnotations.KeyValues, twoLabels);
        (label.ColumnName, score.ColumnName, predicted.ColumnName) = (columns.Label, columns.Score, columns.PredictedLabel);
        if (!input.Any(column => column.Name == columns.Label)) output.Remove(label);
        return Of(input, output);
    }

    /// <summary>The shape of what comes out where images get features.</summary>
    /// <param name="input">The shape of what goes in.</param>
    /// <param name="features">Name of the column of features.</param>
    public static SchemaShape OfFeatures(SchemaShape input, string features)
    {
        SchemaDefinition output = SchemaDefinition.Create(typeof(Output));
        output.Remove(output[nameof(Output.Label)]);
        output.Remove(output[nameof(Output.PredictedLabel)]);
        output[nameof(Output.Score)].ColumnName = features;
        output[nameof(Output.ImageError)].ColumnName = ScoredSchema.ErrorColumnName;
        return Of(input, output);
    }

    private static SchemaShape Of(SchemaShape input, SchemaDefinition output) =>
        new MLContext().Transforms.CustomMapping<Input, Output>((_, _) => { }, contractName: null, outputSchemaDefinition: output).GetOutputSchema(input);

    private static void AddLabels(SchemaDefinition.Column column, string kind, string[] labels) =>
        column.AddAnnotation(kind, LabelAnnotations.ToBuffer(labels), new VectorDataViewType(TextDataViewType.Instance, labels.Length));

    private sealed class Input;

    private sealed class Output
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Score { get; set; } = [];

        [KeyType(2)]
        public uint PredictedLabel { get; set; }

        public string ImageError { get; set; } = "";
    }
}
