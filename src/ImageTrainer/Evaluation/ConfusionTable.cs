using System.Globalization;
using ImageTrainer.Csv;
using ImageTrainer.Data;

namespace ImageTrainer.Evaluation;

/// <summary>How many images of each class are said to be of each class. Immutable.</summary>
public sealed class ConfusionTable
{
    private readonly int[][] _counts;

    /// <summary>Counts predictions.</summary>
    /// <param name="labels">The K class names.</param>
    /// <param name="actual">The true class of each image, 0 to K - 1.</param>
    /// <param name="predicted">The predicted class of each image, 0 to K - 1, in the same order.</param>
    internal ConfusionTable(IReadOnlyList<string> labels, ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted)
    {
        Labels = [.. labels];
        _counts = [.. labels.Select(_ => new int[labels.Count])];
        for (int i = 0; i < actual.Length; i++)
            _counts[actual[i]][predicted[i]]++;
    }

    /// <summary>The K class names, which rows and columns follow.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>[K, K]: <c>Counts[actual][predicted]</c> images.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Counts => _counts;

    /// <summary>Number of images of one class that are said to be of another, or of the same.</summary>
    /// <param name="actual">Position of the true class in <see cref="Labels"/>.</param>
    /// <param name="predicted">Position of the predicted class in <see cref="Labels"/>.</param>
    public int this[int actual, int predicted] => _counts[actual][predicted];

    /// <summary>The commonest mistakes, the most frequent first; equally frequent ones in the order of the labels.</summary>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<Confusion> MostConfused(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        IEnumerable<Confusion> mistakes =
            from actual in Enumerable.Range(0, Labels.Count)
            from predicted in Enumerable.Range(0, Labels.Count)
            where actual != predicted && _counts[actual][predicted] > 0
            select new Confusion(Labels[actual], Labels[predicted], _counts[actual][predicted]);
        return [.. mistakes.OrderByDescending(mistake => mistake.Count).Take(count)];
    }

    /// <summary>Precision, recall and F1 of one class.</summary>
    internal ClassMetrics ClassMetricsOf(int label)
    {
        int truePositives = _counts[label][label];
        int support = _counts[label].Sum();
        int predictedCount = _counts.Sum(row => row[label]);
        // 0.0 / 0 is NaN, the mark of what is not defined.
        return new ClassMetrics(
            Labels[label],
            support,
            (double)truePositives / predictedCount,
            (double)truePositives / support,
            2.0 * truePositives / (predictedCount + support));
    }

    /// <summary>Writes a table as CSV: a row for each true class, and a column for each predicted one.</summary>
    /// <param name="path">Path of the file; one that is there is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        using var writer = CsvWriter.Create(path);
        writer.Write(["actual", .. Labels]);
        for (int actual = 0; actual < Labels.Count; actual++)
            writer.Write([Labels[actual], .. _counts[actual].Select(count => count.ToString(CultureInfo.InvariantCulture))]);
    }
}
