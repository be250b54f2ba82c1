using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

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
