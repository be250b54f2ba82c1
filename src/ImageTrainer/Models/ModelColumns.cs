using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ImageTrainer.Models;

/// <summary>What a column of images holds.</summary>
internal enum ImageColumnKind
{
    /// <summary>The path of a file, as text.</summary>
    Path,

    /// <summary>The bytes of a file, a vector of any length, as LoadRawImageBytes makes.</summary>
    Encoded,

    /// <summary>A decoded image.</summary>
    Image,
}

/// <summary>The columns of a model in ML.NET.</summary>
/// <param name="Feature">The column of images.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Label">The column of labels, which predicting does without.</param>
/// <param name="Score">The column of K probabilities that comes out.</param>
/// <param name="PredictedLabel">The column of predicted keys that comes out.</param>
internal sealed record ModelColumns(string Feature, ImageColumnKind Kind, string Label, string Score, string PredictedLabel)
{
    /// <summary>The columns of a model that was trained on files without ML.NET's data.</summary>
    public static ModelColumns Default { get; } = new("ImagePath", ImageColumnKind.Path, "Label", "Score", "PredictedLabel");

    /// <summary>What a column holds, or null where it is no column of images.</summary>
    public static ImageColumnKind? KindOf(DataViewType type) => type switch
    {
        TextDataViewType => ImageColumnKind.Path,
        ImageDataViewType => ImageColumnKind.Image,
        VectorDataViewType { ItemType.RawType: var item } when item == typeof(byte) => ImageColumnKind.Encoded,
        _ => null,
    };

    /// <summary>No rows, with the column of images alone: what ML.NET's chain is made for.</summary>
    public IDataView EmptyData(MLContext context)
    {
        SchemaDefinition definition = SchemaDefinition.Create(typeof(FeatureRow));
        foreach (string other in Enum.GetNames<ImageColumnKind>().Where(name => name != Kind.ToString()))
            definition.Remove(definition[other]);
        definition[0].ColumnName = Feature;
        if (Kind == ImageColumnKind.Image) definition[0].ColumnType = new ImageDataViewType();
        return context.Data.LoadFromEnumerable(Array.Empty<FeatureRow>(), definition);
    }

    // The members are called as the kinds are. ML.NET wants some size in the attribute; images of all sizes go in.
    private sealed class FeatureRow
    {
        public string Path { get; set; } = "";

        public byte[] Encoded { get; set; } = [];

        [ImageType(1, 1)]
        public MLImage? Image { get; set; }
    }
}

/// <summary>Labels as ML.NET keeps them: beside the column whose keys or slots they name.</summary>
internal static class LabelAnnotations
{
    /// <summary>Kind of the annotation with the values of keys.</summary>
    public const string KeyValues = "KeyValues";

    /// <summary>Kind of the annotation with the names of a vector's places.</summary>
    public const string SlotNames = "SlotNames";

    /// <summary>Labels as an annotation.</summary>
    /// <param name="kind"><see cref="KeyValues"/> or <see cref="SlotNames"/>.</param>
    /// <param name="labels">The labels.</param>
    public static DataViewSchema.Annotations Create(string kind, IReadOnlyList<string> labels)
    {
        VBuffer<ReadOnlyMemory<char>> values = ToBuffer(labels);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(
            kind,
            new VectorDataViewType(TextDataViewType.Instance, labels.Count),
            (ref VBuffer<ReadOnlyMemory<char>> destination) => values.CopyTo(ref destination));
        return builder.ToAnnotations();
    }

    /// <summary>The texts beside a column, in their order; null where it has none.</summary>
    /// <param name="column">The column.</param>
    /// <param name="kind"><see cref="KeyValues"/> or <see cref="SlotNames"/>.</param>
    public static string[]? Texts(DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind) is not { Type: VectorDataViewType { ItemType: TextDataViewType } }) return null;
        VBuffer<ReadOnlyMemory<char>> values = default;
        column.Annotations.GetValue(kind, ref values);
        return [.. values.DenseValues().Select(value => value.ToString())];
    }

    /// <summary>Labels as a vector.</summary>
    public static VBuffer<ReadOnlyMemory<char>> ToBuffer(IReadOnlyList<string> labels) =>
        new(labels.Count, [.. labels.Select(label => label.AsMemory())]);
}
