using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ImageTrainer.Engines;

/// <summary>Where native engines may lie: in runtimes/RID/native beside the application, or where the host looks for native libraries.</summary>
internal static class EngineFolders
{
    /// <summary>The folders, nearest first; not all of them exist.</summary>
    /// <param name="assembly">The assembly that asks.</param>
    public static IReadOnlyList<string> Of(Assembly assembly) => [.. All(assembly).Distinct()];

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "In a single file the location is empty, and the base folder serves.")]
    private static IEnumerable<string> All(Assembly assembly)
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        string[] roots = [Path.GetDirectoryName(assembly.Location) ?? "", AppContext.BaseDirectory];
        foreach (string root in roots.Where(root => root.Length > 0).Select(Path.TrimEndingDirectorySeparator))
        {
            yield return Path.Combine(root, "runtimes", $"{system}-{architecture}", "native");
            yield return root;
        }

        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string searched)
        {
            foreach (string folder in searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
                yield return Path.TrimEndingDirectorySeparator(folder);
        }
    }
}
