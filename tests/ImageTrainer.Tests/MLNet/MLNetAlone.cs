using System.Diagnostics;
using System.Text.Json;

namespace ImageTrainer.Tests.MLNet;

/// <summary>Runs ML.NET in a process that has nothing of ours.</summary>
internal static class MLNetAlone
{
    private static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "ImageTrainer.Tests.MLNetAlone", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)),
        "ImageTrainer.Tests.MLNetAlone.dll"));

    /// <summary>Loads a model and predicts.</summary>
    public static Prediction[] Predict(string zip, string column, string kind, IEnumerable<string> paths) =>
        [.. Run(paths, "predict", zip, column, kind).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Prediction>(line)!)];

    /// <summary>Loads a model and saves it again.</summary>
    public static void SaveAgain(string zip, string other) => Run([], "resave", zip, other);

    private static string Run(IEnumerable<string> input, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(false),
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
        foreach (string line in input) process.StandardInput.WriteLine(line);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, error.Result);
        return output.Result;
    }

    /// <summary>One line of its output.</summary>
    public sealed record Prediction(string Label, float[] Scores);
}
