using System.Diagnostics;
using System.Text;

namespace ImageTrainer.Tests.Verbs;

/// <summary>What a run of the program left.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>The lines of stdout, without the last line's end.</summary>
    public string[] OutputLines => Output.TrimEnd('\n').ReplaceLineEndings("\n").Split('\n');
}

/// <summary>
/// Runs the built program as a user does: another process, in a folder of its own, offline, with a cache of its own, and with a small
/// backbone that auto finds.
/// </summary>
internal static class Cli
{
    /// <summary>Full path of the program.</summary>
    public static string Program => ConsoleProgram.Path;

    /// <summary>Runs the program to its end.</summary>
    public static CliResult Run(string folder, params string[] arguments) => RunWithInput(folder, [], arguments);

    /// <summary>Runs the program to its end with bytes on its standard input.</summary>
    public static CliResult RunWithInput(string folder, byte[] input, params string[] arguments) =>
        Finish(Start(folder, Program, arguments), input);

    /// <summary>Runs a line in the shell; <c>$IT</c> in it is the program.</summary>
    public static CliResult RunShell(string folder, string line)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("The line is for a POSIX shell.");
        return Finish(Start(folder, "/bin/sh", ["-c", line]), []);
    }

    /// <summary>Starts the program and leaves it running; all three streams are redirected.</summary>
    public static Process Start(string folder, params string[] arguments) => Start(folder, Program, arguments);

    /// <summary>Waits for the end of a process whose streams nobody has read from yet.</summary>
    public static CliResult Finish(Process started, byte[] input)
    {
        using Process process = started;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output.Result, error.Result);
    }

    private static Process Start(string folder, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["IT"] = Program;
        start.Environment["IMAGETRAINER_OFFLINE"] = "1";
        start.Environment["IMAGETRAINER_BACKBONES"] = TinyBackbone.FolderForAuto;
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(folder, "cache");
        start.Environment["TERM"] = "xterm-256color";
        return Process.Start(start)!;
    }
}
