using System.Globalization;
using ImageTrainer.Csv;
using ImageTrainer.Data;
using ImageTrainer.Quantizing;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>Writes the CSV files of a run folder.</summary>
internal static class RunTables
{
    /// <summary>The epochs of fine-tuning or, without it, the strengths of the head's penalty that were tried.</summary>
    public static void WriteHistory(string path, ImageClassificationModel model)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        if (model.FineTuning is { } tuning) WriteEpochs(csv, tuning);
        else WriteTrials(csv, model.Trials);
    }

    /// <summary>
    /// One row an epoch: the frozen network as number 0, the epochs that were compared, and those of the training on all images.
    /// </summary>
    private static void WriteEpochs(CsvWriter csv, FineTuningResult tuning)
    {
        csv.Write(
            "images", "epoch", "trainLoss", "trainAccuracy", "validationLoss", "validationAccuracy", "learningRate", "imagesPerSecond",
            "isChosen");
        int allCount = tuning.TrainImageCount + tuning.ValidationImageCount;
        foreach (FineTuningEpoch epoch in tuning.Epochs.Prepend(tuning.Frozen))
            WriteEpoch(csv, tuning.TrainImageCount, epoch, !tuning.IsTrainedOnAll && epoch.Number == tuning.BestEpoch);
        foreach (FineTuningEpoch epoch in tuning.EpochsOnAll ?? [])
            WriteEpoch(csv, allCount, epoch, tuning.IsTrainedOnAll && epoch.Number == tuning.EpochsOnAll!.Count);
    }

    private static void WriteEpoch(CsvWriter csv, int imageCount, FineTuningEpoch epoch, bool isChosen) => csv.Write(
        Text(imageCount), Text(epoch.Number), Defined(epoch.TrainLoss), Defined(epoch.TrainAccuracy), Defined(epoch.ValidationLoss),
        Defined(epoch.ValidationAccuracy), Text(epoch.LearningRate), Text(Math.Round(epoch.ImagesPerSecond, 2)), Text(isChosen));

    /// <summary>A number, or nothing where it is not defined: there is no validation while all images are learned from.</summary>
    private static string Defined(double value) => double.IsFinite(value) ? Text(value) : "";

    /// <summary>One row a strength of the head's L2 penalty, in the order in which they were tried.</summary>
    private static void WriteTrials(CsvWriter csv, IReadOnlyList<HeadTrial> trials)
    {
        csv.Write("step", "l2", "heldOutLogLoss", "heldOutAccuracy", "isChosen");
        foreach ((int index, HeadTrial trial) in trials.Index())
            csv.Write(Text(index + 1), Text(trial.L2), Text(trial.LogLoss), Text(trial.Accuracy), Text(trial.IsChosen));
    }

    /// <summary>What quantizing has done to each layer, as shares of the values' size; no file for a network in fp32.</summary>
    public static void WriteLayerErrors(string path, ImageClassificationModel model)
    {
        if (model.LayerErrors.Count == 0) return;
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("layer", "precision", "weightError", "inputError", "outputError");
        foreach (LayerError error in model.LayerErrors)
        {
            bool isKept = model.Precision.Quantization?.Fp32Layers.Contains(error.Layer) == true;
            csv.Write(error.Layer, isKept ? "fp32" : "int8", Text(error.WeightError), Text(error.InputError), Text(error.OutputError));
        }
    }

    /// <summary>One row a measured image.</summary>
    public static void WritePredictions(string path, EvaluationResult evaluation)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("path", "label", "predictedLabel", "probability", "isCorrect");
        foreach ((LabeledImage image, ImagePrediction prediction) in evaluation.Images.Zip(evaluation.Predictions))
        {
            bool isCorrect = string.Equals(image.Label, prediction.PredictedLabel, StringComparison.Ordinal);
            csv.Write(image.RelativePath, image.Label, prediction.PredictedLabel, Text(prediction.Probability), Text(isCorrect));
        }
    }

    /// <summary>One row a file that is a copy of another one; no file where there is none.</summary>
    public static void WriteDuplicates(string path, DuplicateReport duplicates)
    {
        if (duplicates.Copies.Count == 0) return;
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("path", "label", "copyOf", "copyOfLabel");
        foreach ((LabeledImage copy, LabeledImage original) in duplicates.Copies)
            csv.Write(copy.RelativePath, copy.Label, original.RelativePath, original.Label);
    }

    /// <summary>One row a file that was left out: images that cannot be read and files that are no images.</summary>
    public static void WriteBadFiles(string path, IEnumerable<IgnoredFile> unreadable, IEnumerable<IgnoredFile> ignoredFiles)
    {
        using CsvWriter csv = CsvWriter.Create(path);
        csv.Write("path", "kind", "reason");
        foreach (IgnoredFile bad in unreadable) csv.Write(bad.RelativePath, "unreadable", bad.Reason);
        foreach (IgnoredFile file in ignoredFiles.Where(file => !file.IsUnreadable)) csv.Write(file.RelativePath, "ignored", file.Reason);
    }

    /// <summary>A number as every program reads it, whatever the user's culture.</summary>
    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
