using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Tests.Verbs;

/// <summary>Watches a run by its log, and disturbs it.</summary>
internal static class RunningRun
{
    /// <summary>How long a test waits for what must come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Sends a signal.</summary>
    public static void Signal(Process process, string signal) =>
        Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>Waits until a line of a log begins with some text.</summary>
    public static void WaitForLine(string log, string start)
    {
        var waiting = Stopwatch.StartNew();
        while (!Read(log).Contains($" {start}", StringComparison.Ordinal))
        {
            Assert.IsTrue(waiting.Elapsed < Patience, $"'{start}' has not come.");
            Thread.Sleep(10);
        }
    }

    /// <summary>The last line of a log that is being written.</summary>
    public static string LastLine(string path) => Read(path).TrimEnd().Split('\n')[^1];

    /// <summary>The text of a log that is being written; empty where there is none yet.</summary>
    public static string Read(string path)
    {
        if (!File.Exists(path)) return "";
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
