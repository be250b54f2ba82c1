using Microsoft.ML;

namespace ImageTrainer.Data;

/// <summary>
/// A data set as rows of ML.NET: ImagePath and Label, both text, and Split, which says what its author wants an image used for (train,
/// validation or test; empty where the set is not divided). Nothing is decoded.
/// </summary>
internal sealed class ImageDataView : IDataView
{
    /// <summary>Name of the column of paths.</summary>
    public const string PathColumn = "ImagePath";

    /// <summary>Name of the column of labels.</summary>
    public const string LabelColumn = "Label";

    private readonly IDataView _rows;

    /// <summary>Wraps a data set.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="partByPath">What each is for, by its relative path; null where the set is not divided.</param>
    public ImageDataView(ImageDataset dataset, IReadOnlyDictionary<string, DatasetPart>? partByPath = null)
    {
        (Dataset, PartByPath) = (dataset, partByPath);
        _rows = new MLContext().Data.LoadFromEnumerable(dataset.Images.Select(image => new Row
        {
            ImagePath = image.Path,
            Label = image.Label,
            Split = partByPath is not null && partByPath.TryGetValue(image.RelativePath, out DatasetPart part) ? DatasetPartNames.NameOf(part) : "",
        }).ToArray());
    }

    /// <summary>The images.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>What each is for, by its relative path; null where the set is not divided.</summary>
    public IReadOnlyDictionary<string, DatasetPart>? PartByPath { get; }

    public bool CanShuffle => _rows.CanShuffle;

    public DataViewSchema Schema => _rows.Schema;

    public long? GetRowCount() => _rows.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => _rows.GetRowCursor(columnsNeeded, rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        _rows.GetRowCursorSet(columnsNeeded, n, rand);

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";

        public string Split { get; set; } = "";
    }
}
