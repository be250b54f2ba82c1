namespace ImageTrainer.Cli.Terminal;

/// <summary>What to type to run this program again, as it was started: so that a printed command can be pasted.</summary>
internal static class CommandName
{
    /// <summary>The command that `dotnet tool install` makes.</summary>
    private const string ToolName = "imagetrainer";

    /// <summary>What no shell takes for more than itself, beside letters and digits.</summary>
    private const string Harmless = "/.-_:+=@%,";

    /// <summary>"imagetrainer" where it is installed as a tool, else the way to the program from the current folder.</summary>
    public static string Text { get; } = Find(
        Environment.ProcessPath ?? ToolName,
        Path.Combine(AppContext.BaseDirectory, "ImageTrainer.Cli.dll"),
        Environment.CurrentDirectory);

    /// <summary>Puts a path or label into quotes where a shell would take it apart.</summary>
    /// <param name="argument">Any text; an empty one becomes a pair of quotes.</param>
    public static string Quote(string argument)
    {
        if (argument.Length > 0 && argument.All(IsHarmless)) return argument;
        return OperatingSystem.IsWindows() ? $"\"{argument}\"" : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>
    /// A path as an argument: quoted where needed, short where the file lies below the current folder, and never like an option.
    /// </summary>
    public static string QuotePath(string path) => QuotePath(path, Environment.CurrentDirectory);

    /// <inheritdoc cref="QuotePath(string)"/>
    internal static string QuotePath(string path, string currentFolder)
    {
        string relative = Path.GetRelativePath(currentFolder, Path.GetFullPath(path, currentFolder));
        if (relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            return Quote(Path.GetFullPath(path, currentFolder));
        return Quote(relative.StartsWith('-') ? Path.Combine(".", relative) : relative);
    }

    /// <summary>What to type for a process and, where that is dotnet itself, the assembly it runs.</summary>
    /// <param name="processPath">Full path of the process, which may be dotnet itself.</param>
    /// <param name="assembly">The assembly that dotnet would be given.</param>
    /// <param name="currentFolder">What short paths are short from.</param>
    internal static string Find(string processPath, string assembly, string currentFolder)
    {
        string name = Path.GetFileName(processPath);
        if (name.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)) name = name[..^4];
        if (name.Equals(ToolName, StringComparison.OrdinalIgnoreCase)) return ToolName;
        if (name.Equals("dotnet", StringComparison.OrdinalIgnoreCase)) return $"dotnet {QuotePath(assembly, currentFolder)}";
        string program = QuotePath(processPath, currentFolder);
        // Without a separator the shell would look for it on PATH.
        return program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? program : Quote(Path.Combine(".", name));
    }

    /// <summary>Whether every shell leaves a character as it is; Windows' paths have backslashes.</summary>
    private static bool IsHarmless(char c) =>
        char.IsLetterOrDigit(c) || Harmless.Contains(c, StringComparison.Ordinal) || (c == '\\' && OperatingSystem.IsWindows());
}
