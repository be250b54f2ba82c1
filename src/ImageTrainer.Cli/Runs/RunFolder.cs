using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Files;
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

    /// <summary>The files that are copies of others.</summary>
    public const string DuplicatesName = "duplicates.csv";

    private const string ModelName = "model.zip";

    /// <summary>
    /// Files that tell of a finished run. What an earlier run found out; beside the arguments, or the model, of this one it would be a
    /// lie.
    /// </summary>
    private static readonly string[] Findings =
        [MetricsName, "history.csv", "quantization.csv", "confusion.csv", "predictions.csv", "bad_files.csv", DuplicatesName];

    /// <summary>Every file that a run may write; none of them may lie where something is that is read.</summary>
    private static readonly string[] Written = [ModelName, ArgumentsName, SplitsName, LogName, .. Findings];
    private readonly TrainArguments _arguments;

    /// <summary>Whether this run has made the folder, and may remove it again.</summary>
    private bool _isNew;

    private RunFolder(TrainArguments arguments, string path) => (_arguments, Path) = (arguments, path);

    /// <summary>Path as the user would write it.</summary>
    public string Path { get; }

    /// <summary>Path of the model.</summary>
    public string Model => Combine(ModelName);

    /// <summary>Path of the model that the user asked for: that of the copy where there is one.</summary>
    public string PublishedModel => _arguments.Output ?? Model;

    /// <summary>Path of the folder that fine-tuning keeps its checkpoint in.</summary>
    public string CheckpointFolder => Combine(ResumedRun.CheckpointFolder);

    /// <summary>Whether there is a checkpoint to go on from.</summary>
    public bool HasCheckpoint => Checkpoint.FindLastWriteTimeUtc(CheckpointFolder) is not null;

    /// <summary>
    /// Whether a fine-tuning run lies here that would be lost. Figures that are missing are of 1601. One whose time was up has figures
    /// that are younger, and a nightly command may replace it.
    /// </summary>
    private bool IsUnfinished => File.GetLastWriteTimeUtc(Combine(MetricsName)) < Checkpoint.FindLastWriteTimeUtc(CheckpointFolder);

    /// <summary>The command that goes on with the run.</summary>
    public string ResumeCommand => $"{CommandName.Text} train --resume {CommandName.QuotePath(Path)}";

    /// <summary>Removes what an earlier run in this folder has found out.</summary>
    public void DropFindings()
    {
        foreach (string name in Findings) File.Delete(Combine(name));
    }

    /// <summary>Removes the folder of a run that has failed before any work, where this run has made it.</summary>
    /// <param name="log">Its file is closed first.</param>
    public void RemoveUnused(RunLog log)
    {
        if (!_isNew) return;
        log.Dispose();
        foreach (string name in Written) File.Delete(Combine(name));
        DropCheckpoint();
        if (!Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }

    /// <summary>Removes the checkpoint of a finished run.</summary>
    public void DropCheckpoint()
    {
        Checkpoint.Delete(CheckpointFolder);
        if (Directory.Exists(CheckpointFolder) && !Directory.EnumerateFileSystemEntries(CheckpointFolder).Any())
            Directory.Delete(CheckpointFolder);
    }

    /// <summary>Decides on a folder; nothing is written yet.</summary>
    /// <exception cref="UsageException">
    /// It, or the copy of the model, would lie inside the data set, or a file of the run where one lies that is read; or a run that can
    /// go on would be lost.
    /// </exception>
    public static RunFolder Plan(TrainArguments arguments, TimeProvider clock)
    {
        var inputs = new ProtectedInputs(arguments.Dataset, arguments.Validation, arguments.Test);
        string path = arguments.RunDirectory ?? DefaultPath(arguments.Dataset, clock);
        inputs.RequireOutside(path, "--run-dir");
        var folder = new RunFolder(arguments, path);
        if (!arguments.Resumes && folder.IsUnfinished)
            throw new UsageException(
                $"'{path}' holds a fine-tuning run that is not finished; go on with it (`{folder.ResumeCommand}`), "
                + $"delete '{folder.CheckpointFolder}' to begin anew, or name another folder with --run-dir.");
        var files = new ProtectedInputs(arguments.Dataset, arguments.Validation, arguments.Test, arguments.Backbone);
        foreach (string name in Written) files.RequireOutside(folder.Combine(name), "--run-dir");
        if (arguments.Output is { } output)
        {
            inputs.RequireOutside(output, "--output");
            new ProtectedInputs(arguments.Splits, arguments.Backbone).RequireOutside(output, "--output");
            folder.RequireFreeForCopy(output);
        }

        return folder;
    }

    /// <summary>Refuses to write over an image, or among the images.</summary>
    /// <param name="images">All images of the run.</param>
    /// <exception cref="UsageException">The run folder, or the copy of the model, would lie there.</exception>
    public void RequireOutside(IEnumerable<LabeledImage> images)
    {
        var read = new ProtectedImages(images, _arguments.Dataset, _arguments.Validation, _arguments.Test);
        read.RequireOutside(Path, "--run-dir");
        if (_arguments.Output is { } output) read.RequireOutside(output, "--output");
    }

    /// <summary>Creates the folder, starts the log in it and writes the arguments; a run that goes on finds all that as it was.</summary>
    /// <exception cref="UsageException">It, or the folder of the model's copy, cannot be written to.</exception>
    public void Create(RunLog log)
    {
        _isNew = !Directory.Exists(Path);
        WritablePlace.RequireFolder(Path, $"The run folder '{Path}'", "--run-dir");
        if (_arguments.FineTune is not null) WritablePlace.RequireFolder(CheckpointFolder, $"The folder '{CheckpointFolder}'", "--run-dir");
        if (_arguments.Output is { } output)
        {
            string copyFolder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(output))!;
            WritablePlace.RequireFolder(copyFolder, $"The folder of '{output}'", "--output");
            WritablePlace.RequireFile(output, "--output");
        }

        if (_arguments.Resumes)
        {
            log.Say($"Going on with the run in '{Path}'.");
            log.KeepIn(Combine(LogName), append: true);
            return;
        }

        if (File.Exists(Combine(ArgumentsName)))
            log.Say($"'{Path}' holds an earlier run: its tables are removed now, and its model.zip is replaced when the new one is ready.");
        DropFindings();
        Checkpoint.Delete(CheckpointFolder);
        log.KeepIn(Combine(LogName), append: false);
        WriteText(ArgumentsName, JsonSerializer.Serialize(_arguments.WithFullPaths(), RunJson.Default.TrainArguments));
    }

    /// <summary>Copies the model to where the user wants it, so that no reader ever sees half of it.</summary>
    /// <exception cref="IOException">It cannot be written there; the message says where it lies.</exception>
    public void PublishModel()
    {
        if (_arguments.Output is not { } output || ProtectedInputs.RealPathOf(output) == ProtectedInputs.RealPathOf(Model)) return;
        try
        {
            ReplacedFile.Copy(Model, output);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The model is ready in '{Model}', but cannot be copied to '{output}' ({exception.Message.TrimEnd('.')}).", exception);
        }
    }

    /// <summary>Path of a file in the folder.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a small text file.</summary>
    public void WriteText(string name, string text) => File.WriteAllText(Combine(name), text + "\n");

    /// <summary>Refuses a copy of the model that would be a folder, the run folder, or one of the run's own files.</summary>
    /// <exception cref="UsageException">It would.</exception>
    private void RequireFreeForCopy(string output)
    {
        if (Directory.Exists(output) || ProtectedInputs.RealPathOf(output) == ProtectedInputs.RealPathOf(Path))
            throw new UsageException($"--output '{output}' is a folder; name a file, such as {System.IO.Path.Combine(output, ModelName)}.");
        string real = ProtectedInputs.RealPathOf(output);
        if (Written.Any(name => name != ModelName && ProtectedInputs.RealPathOf(Combine(name)) == real))
            throw new UsageException($"--output '{output}' is a file that the run writes itself; name another one.");
    }

    /// <summary>"runs/photos-20261201-060307", with "-2" and so on where that is taken.</summary>
    /// <param name="dataset">Path of the data set, whose name the folder bears.</param>
    /// <param name="clock">Gives the time of the name, UTC.</param>
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
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(TrainArguments))]
internal sealed partial class RunJson : JsonSerializerContext;
