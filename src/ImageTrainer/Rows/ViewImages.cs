using ImageTrainer.Data;
using ImageTrainer.Imaging;
using Microsoft.ML;

namespace ImageTrainer.Rows;

/// <summary>
/// Rows of ML.NET as a data set of files, which is what is trained on: features are kept by file content, and files are read more than once.
/// Images that come as bytes or pixels are put into files of a folder, which goes when this is disposed.
/// </summary>
internal sealed class ViewImages : IDisposable
{
    private readonly string _folder;

    private ViewImages(string folder) => _folder = folder;

    /// <summary>The images.</summary>
    public ImageDataset Dataset { get; private set; } = null!;

    /// <summary>Rows without a label, which were left out.</summary>
    public int UnlabelledCount { get; private set; }

    /// <summary>Reads all rows.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="featureColumn">The column of images.</param>
    /// <param name="labelColumn">The column of labels.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type; the message says which are right.</exception>
    /// <exception cref="DatasetException">There are no rows with labels.</exception>
    public static ViewImages Read(IDataView view, string featureColumn, string labelColumn)
    {
        if (view is ImageDataView { Dataset: var own } && (featureColumn, labelColumn) == (ImageDataView.PathColumn, ImageDataView.LabelColumn))
            return new ViewImages("") { Dataset = own };
        var images = new ViewImages(Path.Combine(Path.GetTempPath(), $"ImageTrainer-{Guid.NewGuid():N}"));
        try
        {
            images.ReadRows(view, Require(view, featureColumn), Require(view, labelColumn));
            return images;
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    /// <summary>Removes the folder.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static DataViewSchema.Column Require(IDataView view, string name) => view.Schema.GetColumnOrNull(name)
        ?? throw new ArgumentException($"The data has no column '{name}'; it has {LabelNames.Quote([.. view.Schema.Select(column => column.Name)])}.", nameof(view));

    private void ReadRows(IDataView view, DataViewSchema.Column feature, DataViewSchema.Column label)
    {
        if (Models.ModelColumns.KindOf(feature.Type) is null)
            throw new ArgumentException(
                $"The column '{feature.Name}' is of type {feature.Type}; images are paths of files as text, the bytes of files as LoadRawImageBytes makes, or "
                + "what LoadImages makes.", nameof(view));
        var files = new List<(string Path, string Label)>();
        var counts = new Dictionary<ContentHash, int>();
        using DataViewRowCursor rows = view.GetRowCursor([feature, label]);
        Func<ImageInput> image = ImageColumnReader.Create(rows, feature);
        Func<string> text = LabelReader.Create(rows, label);
        while (rows.MoveNext())
        {
            if (text() is { Length: > 0 } found) files.Add((PathOf(image(), counts), found));
            else UnlabelledCount++;
        }

        string root = CommonFolder(files.Select(file => file.Path));
        Dataset = ImageDataset.FromImages(
            files.Distinct().Select(file => new LabeledImage(file.Path, FolderWalk.Relative(root, file.Path), file.Label)));
    }

    // Files are called by their content, and copies are numbered, so that the order of rows plays no part.
    private string PathOf(ImageInput image, Dictionary<ContentHash, int> counts)
    {
        if (image.Path is { } path) return path.Length > 0 ? Path.GetFullPath(path) : throw new ArgumentException("A row has an empty path.");
        var hash = ContentHash.Of(image.Content.Span);
        int copy = counts[hash] = counts.GetValueOrDefault(hash) + 1;
        Directory.CreateDirectory(_folder);
        string file = Path.Combine(_folder, $"{hash}-{copy}");
        using FileStream stream = File.Create(file);
        stream.Write(image.Content.Span);
        return file;
    }

    private static string CommonFolder(IEnumerable<string> paths)
    {
        string? folder = null;
        foreach (string path in paths)
        {
            folder ??= Path.GetDirectoryName(path)!;
            while (!path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                folder = Path.GetDirectoryName(folder) is { } parent ? parent : Path.GetPathRoot(path)!;
        }

        return folder ?? "";
    }
}
