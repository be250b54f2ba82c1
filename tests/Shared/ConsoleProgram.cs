namespace ImageTrainer.Tests;

/// <summary>The console program.</summary>
internal static class ConsoleProgram
{
    /// <summary>
    /// Full path of the program where its own build leaves it, compiled ahead of time as users run it; the copy beside the tests is not.
    /// </summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(
        AppContext.BaseDirectory, "..", "..", "ImageTrainer.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name,
        OperatingSystem.IsWindows() ? "ImageTrainer.Cli.exe" : "ImageTrainer.Cli"));
}
