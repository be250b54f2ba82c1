using System.Runtime.InteropServices;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>What there is to know of the machine, where Linux tells it.</summary>
internal static class Machine
{
    /// <summary>The processor's own name, or its architecture.</summary>
    public static string ProcessorName => ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ", 2)[1]
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Processes that wanted to run in the last minute, on average; "unknown" where the system does not say.</summary>
    public static string LoadAverage => ReadLines("/proc/loadavg").FirstOrDefault()?.Split(' ')[0] ?? "unknown";

    private static string[] ReadLines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
