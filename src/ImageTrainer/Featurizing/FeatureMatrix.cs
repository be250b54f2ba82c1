using ImageTrainer.Data;

namespace ImageTrainer.Featurizing;

/// <summary>The features of N images: one row an image, one column a feature. Immutable by convention: nobody writes to the values once made.</summary>
internal sealed class FeatureMatrix
{
    private readonly float[] _values;

    /// <summary>Wraps values that already lie row by row; the array is not copied.</summary>
    /// <param name="values">[N, D], row-major.</param>
    /// <param name="rowCount">N, 0 or more.</param>
    /// <param name="columnCount">D, 1 or more.</param>
    /// <exception cref="ArgumentException">The array's length is not N * D.</exception>
    public FeatureMatrix(float[] values, int rowCount, int columnCount)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(columnCount, 1);
        if (values.LongLength != (long)rowCount * columnCount)
            throw new ArgumentException($"{values.LongLength} values do not make {rowCount} rows of {columnCount}.", nameof(values));
        _values = values;
        RowCount = rowCount;
        ColumnCount = columnCount;
    }

    /// <summary>N, the number of images.</summary>
    public int RowCount { get; }

    /// <summary>D, the number of features an image has.</summary>
    public int ColumnCount { get; }

    /// <summary>All values, [N, D], row-major.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The D features of one image.</summary>
    public ReadOnlySpan<float> Row(int row) => _values.AsSpan(row * ColumnCount, ColumnCount);

    /// <summary>A new matrix of the named rows, in that order.</summary>
    public FeatureMatrix Rows(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        float[] values = new float[rows.Count * ColumnCount];
        for (int i = 0; i < rows.Count; i++)
            Row(rows[i]).CopyTo(values.AsSpan(i * ColumnCount));
        return new FeatureMatrix(values, rows.Count, ColumnCount);
    }
}

/// <summary>A data set with the features of its readable images.</summary>
/// <param name="Features">[N, D], one row a readable image.</param>
/// <param name="Images">The N readable images, in data-set order.</param>
/// <param name="ContentHashes">SHA-256 of each readable image's file, [N].</param>
/// <param name="BadImages">The images that could not be read, in data-set order.</param>
/// <param name="CachedCount">How many of the N rows came from the cache.</param>
internal sealed record FeaturizedImages(
    FeatureMatrix Features,
    IReadOnlyList<LabeledImage> Images,
    IReadOnlyList<ContentHash> ContentHashes,
    IReadOnlyList<BadImage> BadImages,
    int CachedCount);

/// <summary>An image of a data set that could not be read.</summary>
/// <param name="Image">The image.</param>
/// <param name="Reason">Why: one clause without a full stop.</param>
public sealed record BadImage(LabeledImage Image, string Reason);
