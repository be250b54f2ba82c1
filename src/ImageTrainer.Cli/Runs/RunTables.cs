using System.Globalization;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Runs;

/// <summary>Writes the CSV files of a run folder.</summary>
internal static class RunTables
{
    /// <summary>The strengths of the penalty that were tried, with their cross-validated scores.</summary>
    public static void WriteHistory(string path, IReadOnlyList<HeadTrial> trials)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("step", "l2", "heldOutLogLoss", "heldOutAccuracy", "isChosen");
        for (int i = 0; i < trials.Count; i++)
        {
            HeadTrial trial = trials[i];
            csv.Write(Text(i + 1), Text(trial.L2), Text(trial.LogLoss), Text(trial.Accuracy), trial.IsChosen ? "true" : "false");
        }
    }

    /// <summary>One row an actual class, one column a predicted class.</summary>
    public static void WriteConfusion(string path, ConfusionMatrix confusion)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write(["actual", .. confusion.Labels]);
        for (int actual = 0; actual < confusion.Labels.Count; actual++)
        {
            int row = actual;
            csv.Write([confusion.Labels[row], .. Enumerable.Range(0, confusion.Labels.Count).Select(predicted => Text(confusion[row, predicted]))]);
        }
    }

    /// <summary>One row a measured image.</summary>
    public static void WritePredictions(string path, EvaluationResult evaluation)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("path", "label", "predictedLabel", "probability", "isCorrect");
        for (int i = 0; i < evaluation.Images.Count; i++)
        {
            LabeledImage image = evaluation.Images[i];
            ImagePrediction prediction = evaluation.Predictions[i];
            bool isCorrect = string.Equals(image.Label, prediction.PredictedLabel, StringComparison.Ordinal);
            csv.Write(image.RelativePath, image.Label, prediction.PredictedLabel, Text(prediction.Probability), isCorrect ? "true" : "false");
        }
    }

    /// <summary>One row a file that was left out: images that cannot be read and files that are no images.</summary>
    public static void WriteBadFiles(string path, IEnumerable<BadImage> badImages, IEnumerable<IgnoredFile> ignoredFiles)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("path", "kind", "reason");
        foreach (BadImage bad in badImages) csv.Write(bad.Image.RelativePath, "unreadable", bad.Reason);
        foreach (IgnoredFile file in ignoredFiles) csv.Write(file.RelativePath, "ignored", file.Reason);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
