using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetInterop;

/// <summary>A line of the splits.csv that a run folder holds.</summary>
public sealed class SplitRow
{
    /// <summary>Path of the image, from the data set's folder.</summary>
    [LoadColumn(0)]
    public string Path { get; set; } = "";

    /// <summary>Its label.</summary>
    [LoadColumn(1)]
    public string Label { get; set; } = "";

    /// <summary>train, validation or test.</summary>
    [LoadColumn(2)]
    public string Split { get; set; } = "";

    /// <summary>Reads the file; the paths become full ones.</summary>
    public static IReadOnlyList<SplitRow> Read(MLContext mlContext, string file, string dataset)
    {
        IDataView rows = mlContext.Data.LoadFromTextFile<SplitRow>(file, new TextLoader.Options
        {
            Separators = [','],
            HasHeader = true,
            AllowQuoting = true,
            ReadMultilines = true,
        });
        string root = System.IO.Path.GetFullPath(dataset);
        return
        [
            .. mlContext.Data.CreateEnumerable<SplitRow>(rows, reuseRowObject: false)
                .Select(row => new SplitRow { Path = System.IO.Path.Combine(root, row.Path), Label = row.Label, Split = row.Split }),
        ];
    }
}
