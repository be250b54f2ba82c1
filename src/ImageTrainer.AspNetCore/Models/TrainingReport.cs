using System.Text.Json;
using ImageTrainer.Models;

namespace ImageTrainer.AspNetCore.Models;

/// <summary>How a model did on held-out images, as `train` wrote it beside the model.zip.</summary>
/// <param name="Accuracy">Share of the held-out images that were labelled rightly, 0 to 1.</param>
/// <param name="AccuracyLower">Where the accuracy lies with 95 % confidence: from here ...</param>
/// <param name="AccuracyUpper">... to here.</param>
/// <param name="ImageCount">How many held-out images there were.</param>
/// <param name="TrainedAt">When it was trained.</param>
/// <param name="Confusion">[actual][predicted], in the order of the labels; null where it is not there.</param>
public sealed record TrainingReport(
    double Accuracy, double AccuracyLower, double AccuracyUpper, int ImageCount, DateTime TrainedAt, IReadOnlyList<IReadOnlyList<int>>? Confusion)
{
    private const long LargestFile = 4 << 20;

    /// <summary>Finds it; null where there is none, or what is there is another model's or cannot be read.</summary>
    internal static TrainingReport? FindBeside(string modelPath, ModelManifest manifest)
    {
        try
        {
            string folder = Path.GetDirectoryName(Files.RealPath.Of(modelPath)) ?? ".";
            string metrics = Path.Combine(folder, "metrics.json");
            return IsSmall(metrics) ? Read(metrics, Path.Combine(folder, "confusion.csv"), manifest) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException
            or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static TrainingReport? Read(string metrics, string confusion, ModelManifest manifest)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(metrics));
        JsonElement root = document.RootElement;
        bool isOfThisModel = root.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).SequenceEqual(manifest.Labels)
            && root.GetProperty("backbone").GetString() == manifest.Backbone.Name
            && root.GetProperty("precision").GetString() == manifest.Network.Precision;
        if (!isOfThisModel) return null;
        JsonElement interval = root.GetProperty("microAccuracyInterval");
        return new TrainingReport(
            root.GetProperty("microAccuracy").GetDouble(),
            interval.GetProperty("lower").GetDouble(),
            interval.GetProperty("upper").GetDouble(),
            root.GetProperty("imageCount").GetInt32(),
            File.GetLastWriteTimeUtc(metrics),
            IsSmall(confusion) ? ReadConfusion(confusion, manifest.Labels.Count) : null);
    }

    // The last K numbers of the last K lines: labels may hold commas, quotes and line ends, numbers do not.
    private static int[][]? ReadConfusion(string path, int labelCount)
    {
        string[] lines = [.. File.ReadAllLines(path).Where(line => line.Length > 0)];
        int[][] counts =
        [
            .. lines.TakeLast(labelCount).Select(line => line.Split(',').TakeLast(labelCount)
                .Select(cell => int.Parse(cell, System.Globalization.CultureInfo.InvariantCulture)).ToArray()),
        ];
        return counts.Length == labelCount && counts.All(row => row.Length == labelCount) ? counts : null;
    }

    private static bool IsSmall(string path) => new FileInfo(path) is { Exists: true, Length: <= LargestFile };
}
