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
        foreach (string other in Enum.GetNames<ImageColumnKind>().Where(name => name != Kind.ToString())) definition.Remove(definition[other]);
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
