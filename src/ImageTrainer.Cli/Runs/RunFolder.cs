using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageTrainer.Cli.Runs;

/// <summary>The folder that one run of <c>train</c> writes; it never lies inside the data set.</summary>
internal sealed class RunFolder
{
    private RunFolder(string path) => Path = path;

    /// <summary>Path as the user would write it.</summary>
    public string Path { get; }

    /// <summary>Path of the model.</summary>
    public string Model => Combine("model.zip");

    /// <summary>Creates the folder.</summary>
    /// <exception cref="UsageException">It would lie inside the data set, or cannot be written to.</exception>
    public static RunFolder Create(TrainArguments arguments, TimeProvider clock)
    {
        string path = arguments.RunDirectory ?? DefaultPath(arguments.Dataset, clock);
        RequireOutside(arguments.Dataset, path, "--run-dir");
        if (arguments.Output is not null) RequireOutside(arguments.Dataset, arguments.Output, "--output");
        var folder = new RunFolder(path);
        try
        {
            Directory.CreateDirectory(path);
            string probe = folder.Combine(".write-test");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The run folder '{path}' cannot be written to ({exception.Message.TrimEnd('.')}); name another with --run-dir.");
        }

        folder.WriteText("args.json", JsonSerializer.Serialize(arguments, RunJson.Default.TrainArguments));
        return folder;
    }

    /// <summary>Path of a file in the folder.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a small text file.</summary>
    public void WriteText(string name, string text) => File.WriteAllText(Combine(name), text + "\n");

    private static string DefaultPath(string dataset, TimeProvider clock)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(dataset)));
        return System.IO.Path.Combine("runs", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}-{clock.GetUtcNow():yyyyMMdd-HHmmss}"));
    }

    private static void RequireOutside(string dataset, string path, string option)
    {
        if (!Directory.Exists(dataset)) return;
        string relative = System.IO.Path.GetRelativePath(dataset, path);
        bool isInside = !relative.StartsWith("..", StringComparison.Ordinal) && !System.IO.Path.IsPathRooted(relative);
        if (isInside)
            throw new UsageException($"'{path}' lies inside the data set '{dataset}', which is never written to; name another place with {option}.");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true)]
[JsonSerializable(typeof(TrainArguments))]
internal sealed partial class RunJson : JsonSerializerContext;
