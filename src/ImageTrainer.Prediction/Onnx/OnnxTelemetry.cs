using System.Runtime.InteropServices;

namespace ImageTrainer.Onnx;

/// <summary>
/// Keeps ONNX Runtime from reporting home. Its builds give the machine an identifier in the user's cache folder, note every session
/// in a database there, and upload that to their maker unless this variable is set when the environment is created.
/// </summary>
internal static partial class OnnxTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Sets the variable for this process, unless the user has: theirs is the last word.</summary>
    public static void Disable()
    {
        // On Unix, .NET keeps the variables that it sets to itself; native code sees only those set here.
        if (!OperatingSystem.IsWindows()) _ = SetVariable(Variable, "1", overwrite: 0);
        else if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
