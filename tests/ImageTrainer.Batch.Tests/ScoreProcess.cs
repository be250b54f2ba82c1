using System.Diagnostics;

namespace ImageTrainer.Tests;

/// <summary>Runs <c>imagetrainer score</c> as another process, to be killed or to end.</summary>
internal static class ScoreProcess
{
    /// <summary>A file of this name in the folder is what the program reads on standard input.</summary>
    public const string StandardInput = "stdin.txt";

    /// <summary>Starts the program in a folder; stderr goes to <c>stderr.txt</c> of its result.</summary>
    public static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(ConsoleProgram.Path, ["score", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = File.Exists(Path.Combine(folder, StandardInput)),
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(folder, "cache");
        Process process = Process.Start(start)!;
        if (start.RedirectStandardInput) _ = Feed(process, File.ReadAllText(Path.Combine(folder, StandardInput)));
        return process;
    }

    private static async Task Feed(Process process, string text)
    {
        try
        {
            await using StreamWriter input = process.StandardInput;
            await input.WriteAsync(text);
        }
        catch (IOException)
        {
            // Whoever is killed reads no further.
        }
    }

    /// <summary>Runs the program to its end.</summary>
    public static (int ExitCode, string Error) Run(string folder, params string[] arguments)
    {
        using Process process = Start(folder, arguments);
        return Finish(process);
    }

    /// <summary>Waits for the end of a process.</summary>
    public static (int ExitCode, string Error) Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        output.Wait();
        return (process.ExitCode, error);
    }

    /// <summary>Starts jobs with <c>--resume</c> and kills them at random moments, so many times; then lets one end.</summary>
    /// <param name="killCount">Processes to kill.</param>
    /// <param name="seed">Decides the moments.</param>
    /// <param name="folder">The working folder.</param>
    /// <param name="arguments">Arguments of the job, without <c>--resume</c>.</param>
    /// <param name="finished">Called whenever a job has ended by itself; makes room for the next where more kills are to come.</param>
    public static void KillRepeatedly(int killCount, int seed, string folder, string[] arguments, Action<string> finished)
    {
        var random = new Random(seed);
        for (int kills = 0; kills < killCount;)
        {
            using Process process = Start(folder, [.. arguments, "--resume"]);
            Task<string> error = process.StandardError.ReadToEndAsync();
            bool hasEnded = process.WaitForExit(TimeSpan.FromMilliseconds(random.Next(300, 2500)));
            if (!hasEnded)
            {
                process.Kill();
                kills++;
            }

            process.WaitForExit();
            // It may have ended by itself while it was about to be killed.
            if (process.ExitCode is 0 or 5) finished(error.Result);
            else Assert.IsFalse(hasEnded, error.Result);
        }

        (int exitCode, string last) = Run(folder, [.. arguments, "--resume"]);
        Assert.IsTrue(exitCode is 0 or 5, last);
        finished(last);
    }
}
