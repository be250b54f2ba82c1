namespace ImageTrainer.Cli;

/// <summary>What to type to run this program again, as it was started: so that a printed command can be pasted.</summary>
internal static class CommandName
{
    private const string ToolName = "imagetrainer";

    /// <summary>"imagetrainer" where it is installed as a tool, else the way to the program from the current folder.</summary>
    public static string Text { get; } = Find(Environment.ProcessPath, AppContext.BaseDirectory, Environment.CurrentDirectory);

    /// <summary>Puts a path or label into quotes where a shell would take it apart.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || c is '/' or '\\' or '.' or '-' or '_' or ':')
            ? argument
            : OperatingSystem.IsWindows() ? $"\"{argument}\"" : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Find(string? processPath, string baseFolder, string currentFolder)
    {
        string name = Path.GetFileName(processPath ?? ToolName);
        if (name.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)) name = name[..^4];
        if (name.Equals(ToolName, StringComparison.OrdinalIgnoreCase)) return ToolName;
        if (name.Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            return $"dotnet {Quote(Path.GetRelativePath(currentFolder, Path.Combine(baseFolder, "ImageTrainer.Cli.dll")))}";
        string relative = Path.GetRelativePath(currentFolder, processPath!);
        return Quote(relative.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? relative : Path.Combine(".", relative));
    }
}
