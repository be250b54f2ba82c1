using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>ONNX Runtime's one environment of the process.</summary>
internal static class OnnxEnvironment
{
    private static readonly Lazy<OrtEnv> Shared = new(Create);

    /// <summary>The environment; created quiet, unless the host created its own before.</summary>
    public static OrtEnv Instance => Shared.Value;

    /// <summary>
    /// Makes the options of a session on the CPU, quiet; the caller adds to them and disposes them. Every session's options are made
    /// here: a session that comes before the environment makes one of its own, which reports home.
    /// </summary>
    public static SessionOptions CreateSessionOptions()
    {
        _ = Instance;
        return new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    }

    private static OrtEnv Create()
    {
        if (OrtEnv.IsCreated) return OrtEnv.Instance();
        OnnxTelemetry.Disable();
        // Errors reach the caller as exceptions; a library must not write beside them to the host's console.
        var options = new EnvironmentCreationOptions { logId = "ImageTrainer", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    }
}

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
