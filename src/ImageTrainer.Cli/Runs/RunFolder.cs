using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Cli.Arguments;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>
/// The folder that one run of <c>train</c> writes, and the copy of its model elsewhere; neither ever lies inside the data set.
/// </summary>
internal sealed class RunFolder
{
    /// <summary>The log of the run.</summary>
    public const string LogName = "log.txt";

    /// <summary>What the run was asked to do.</summary>
    public const string ArgumentsName = "args.json";

    /// <summary>Which image was used for what.</summary>
    public const string SplitsName = "splits.csv";

    /// <summary>The metrics of a finished run.</summary>
    public const string MetricsName = "metrics.json";

    // What an earlier run found out; beside the arguments of this one it would be a lie.
    private static readonly string[] Findings = [MetricsName, "history.csv", "confusion.csv", "predictions.csv", "bad_files.csv"];
    private readonly TrainArguments _arguments;

    private RunFolder(TrainArguments arguments, string path) => (_arguments, Path) = (arguments, path);

    /// <summary>Path as the user would write it.</summary>
    public string Path { get; }

    /// <summary>Path of the model.</summary>
    public string Model => Combine("model.zip");

    /// <summary>Path of the model that the user asked for: that of the copy where there is one.</summary>
    public string PublishedModel => _arguments.Output ?? Model;

    /// <summary>Path of the folder that fine-tuning keeps its checkpoint in.</summary>
    public string CheckpointFolder => Combine(ResumedRun.CheckpointFolder);

    /// <summary>Removes the checkpoint of a finished run.</summary>
    public void DropCheckpoint()
    {
        Checkpoint.Delete(CheckpointFolder);
        if (Directory.Exists(CheckpointFolder) && !Directory.EnumerateFileSystemEntries(CheckpointFolder).Any())
            Directory.Delete(CheckpointFolder);
    }

    /// <summary>Decides on a folder; nothing is written yet.</summary>
    /// <exception cref="UsageException">It, or the copy of the model, would lie inside the data set.</exception>
    public static RunFolder Plan(TrainArguments arguments, TimeProvider clock)
    {
        var inputs = new ProtectedInputs(arguments.Dataset, arguments.Validation, arguments.Test);
        string path = arguments.RunDirectory ?? DefaultPath(arguments.Dataset, clock);
        inputs.RequireOutside(path, "--run-dir");
        if (arguments.Output is { } output)
        {
            inputs.RequireOutside(output, "--output");
            new ProtectedInputs(arguments.Splits, arguments.Backbone).RequireOutside(output, "--output");
            if (Directory.Exists(output))
                throw new UsageException(
                    $"--output '{output}' is a folder; name a file, such as {System.IO.Path.Combine(output, "model.zip")}.");
        }

        return new RunFolder(arguments, path);
    }

    /// <summary>Creates the folder, starts the log in it and writes the arguments.</summary>
    /// <exception cref="UsageException">It, or the folder of the model's copy, cannot be written to.</exception>
    public void Create(RunLog log)
    {
        RequireWritable(Path, $"The run folder '{Path}'", "--run-dir");
        if (_arguments.Output is { } output)
            RequireWritable(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(output))!, $"The folder of '{output}'", "--output");
        if (_arguments.Resumes)
            log.Say($"Going on with the run in '{Path}'.");
        else if (File.Exists(Combine(ArgumentsName)))
            log.Say($"'{Path}' holds an earlier run: its tables are removed now, and its model.zip is replaced when the new one is ready.");
        foreach (string name in Findings) File.Delete(Combine(name));
        if (!_arguments.Resumes) Checkpoint.Delete(CheckpointFolder);
        log.KeepIn(Combine(LogName), append: _arguments.Resumes);
        WriteText(ArgumentsName, JsonSerializer.Serialize(_arguments, RunJson.Default.TrainArguments));
    }

    /// <summary>Copies the model to where the user wants it, so that no reader ever sees half of it.</summary>
    /// <exception cref="IOException">It cannot be written there.</exception>
    public void PublishModel()
    {
        if (_arguments.Output is not { } output || ProtectedInputs.RealPathOf(output) == ProtectedInputs.RealPathOf(Model)) return;
        string temporary = $"{output}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.Copy(Model, temporary);
            File.Move(temporary, output, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Path of a file in the folder.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a small text file.</summary>
    public void WriteText(string name, string text) => File.WriteAllText(Combine(name), text + "\n");

    private static string DefaultPath(string dataset, TimeProvider clock)
    {
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(dataset)));
        if (File.Exists(dataset)) name = System.IO.Path.GetFileNameWithoutExtension(name);
        string time = clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        string path = System.IO.Path.Combine("runs", $"{name}-{time}");
        return Enumerable.Range(1, int.MaxValue)
            .Select(number => number == 1 ? path : $"{path}-{number}")
            .First(candidate => !System.IO.Path.Exists(candidate));
    }

    private static void RequireWritable(string folder, string what, string option)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string probe = System.IO.Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{what} cannot be written to ({exception.Message.TrimEnd('.')}); name another place with {option}.");
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(TrainArguments))]
internal sealed partial class RunJson : JsonSerializerContext;
