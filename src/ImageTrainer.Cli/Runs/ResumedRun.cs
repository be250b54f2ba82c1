using System.Text.Json;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>train --resume</c> goes on with.</summary>
internal static class ResumedRun
{
    /// <summary>Folder of the checkpoint in a run folder.</summary>
    public const string CheckpointFolder = "checkpoint";

    /// <summary>
    /// The endings, by their names in metrics.json, after which a run goes on. Endings that more of the same goes on from; in the first
    /// epoch they leave metrics, those of the frozen network, and no checkpoint.
    /// </summary>
    private static readonly string[] Unfinished =
        [FineTuningReport.NameOf(FineTuningEnding.OutOfTime), FineTuningReport.NameOf(FineTuningEnding.ImagesLost)];

    /// <summary>Reads what the run was asked to do.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="dataset">A data set named on the command line, which must not be.</param>
    /// <param name="timeBudget">A new time budget, or null for the run's own.</param>
    /// <exception cref="UsageException">There is no run there that could go on.</exception>
    public static TrainArguments ReadArguments(string folder, string? dataset, TimeSpan? timeBudget)
    {
        if (dataset is not null)
            throw new UsageException($"--resume takes the data set of the run in '{folder}'; leave '{dataset}' out.");
        string path = Path.Combine(folder, RunFolder.ArgumentsName);
        if (!File.Exists(path)) throw new UsageException($"'{folder}' is not a run folder: there is no {RunFolder.ArgumentsName} in it.");
        TrainArguments arguments = Read(path);
        if (arguments.FineTune is not { } fineTune)
            throw new UsageException(
                $"The run in '{folder}' does not fine-tune, so there is nothing to resume; "
                + "run its command again, which finds its features in the cache.");
        bool hasCheckpoint = Checkpoint.FindLastWriteTimeUtc(Path.Combine(folder, CheckpointFolder)) is not null;
        if (!hasCheckpoint && IsFinished(Path.Combine(folder, RunFolder.MetricsName)))
            throw new UsageException($"The run in '{folder}' is finished, so there is nothing to resume.");
        return arguments with
        {
            RunDirectory = folder,
            FineTune = fineTune with { TimeBudget = timeBudget ?? fineTune.TimeBudget },
            Resumes = true,
        };
    }

    /// <summary>Whether metrics.json tells of an ending that nothing comes after; one that cannot be read tells of none.</summary>
    private static bool IsFinished(string metrics)
    {
        if (!File.Exists(metrics)) return false;
        try
        {
            using var report = JsonDocument.Parse(File.ReadAllText(metrics));
            return !Unfinished.Contains(report.RootElement.GetProperty("fineTuning").GetProperty("ending").GetString());
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Written by halves, or by hand.
            return false;
        }
    }

    /// <summary>Reads args.json.</summary>
    /// <exception cref="UsageException">It is empty or damaged; the message says where.</exception>
    private static TrainArguments Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), RunJson.Default.TrainArguments)
                ?? throw new UsageException($"'{path}' is empty.");
        }
        catch (JsonException exception)
        {
            throw new UsageException($"'{path}' is damaged: {exception.Message}");
        }
    }
}
