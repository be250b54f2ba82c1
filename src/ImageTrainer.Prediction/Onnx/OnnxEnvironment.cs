using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>ONNX Runtime's one environment of the process.</summary>
internal static class OnnxEnvironment
{
    private static readonly Lazy<OrtEnv> Shared = new(Create);

    /// <summary>The environment; created quiet, unless the host created its own before.</summary>
    public static OrtEnv Instance => Shared.Value;

    /// <summary>
    /// Makes the options of a session on the CPU, quiet; the caller adds to them and disposes them. Every session's options are made here: a
    /// session that comes before the environment makes one of its own, which reports home.
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
