using ImageTrainer.Evaluation;
using ImageTrainer.Models;
using ImageTrainer.Training;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>What ML.NET's metrics do not say.</summary>
public static class ClassificationReportCatalog
{
    /// <summary>
    /// Measures scored rows as Evaluate does, and adds the interval of the accuracy, the calibration error and precision, recall and F1 of each class.
    /// Rows without a label, and rows whose image could not be read, are left out, as Evaluate leaves them out.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="data">Rows that a model has transformed.</param>
    /// <param name="labelColumnName">The column of labels: text or keys with texts.</param>
    /// <param name="scoreColumnName">The column of probabilities, with the labels as slot names.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or no row is left.</exception>
    public static ClassificationReport CreateReport(
        this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        DataViewSchema.Column label = Require(data, labelColumnName), score = Require(data, scoreColumnName);
        string[] labels = LabelAnnotations.Texts(score, LabelAnnotations.SlotNames)
            ?? throw new ArgumentException($"The column '{scoreColumnName}' does not name its labels; it is not the scores of a classifier.", nameof(data));
        Dictionary<string, int> places = labels.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        var scores = new List<float>();
        var classes = new List<int>();
        using DataViewRowCursor rows = data.GetRowCursor([label, score]);
        Func<string> text = LabelReader.Create(rows, label);
        ValueGetter<VBuffer<float>> getScores = rows.GetGetter<VBuffer<float>>(score);
        VBuffer<float> row = default;
        while (rows.MoveNext())
        {
            getScores(ref row);
            if (!places.TryGetValue(text(), out int place) || row.DenseValues().Any(float.IsNaN)) continue;
            scores.AddRange(row.DenseValues());
            classes.Add(place);
        }

        return ClassificationReport.Compute(scores.ToArray(), classes.ToArray(), labels);
    }

    private static DataViewSchema.Column Require(IDataView data, string name) =>
        data.Schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}'.", nameof(data));
}
