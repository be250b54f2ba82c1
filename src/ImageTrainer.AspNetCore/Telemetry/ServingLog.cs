using Microsoft.Extensions.Logging;

namespace ImageTrainer.AspNetCore.Telemetry;

/// <summary>What is logged, each with the number it is known by.</summary>
internal static partial class ServingLog
{
    [LoggerMessage(1, LogLevel.Information, "Model '{Model}' is loaded from {Path}: version {Version}, {LabelCount} labels, on {Device}.")]
    public static partial void ModelLoaded(this ILogger logger, string model, string path, string version, int labelCount, string device);

    [LoggerMessage(2, LogLevel.Information, "Model '{Model}' is version {Version} now; requests under way end on version {OldVersion}.")]
    public static partial void ModelReloaded(this ILogger logger, string model, string version, string oldVersion);

    [LoggerMessage(3, LogLevel.Error, "Model '{Model}' stays version {Version}: what lies in its place cannot be used. {Reason}")]
    public static partial void ReloadFailed(this ILogger logger, string model, string version, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Model '{Model}' has other labels now. Added: {Added}. Gone: {Gone}.")]
    public static partial void LabelsChanged(this ILogger logger, string model, string added, string gone);

    [LoggerMessage(5, LogLevel.Information, "Version {Version} of model '{Model}' is freed: its last user has left.")]
    public static partial void ModelFreed(this ILogger logger, string model, string version);

    [LoggerMessage(6, LogLevel.Error, "{Count} images for model '{Model}' failed.")]
    public static partial void BatchFailed(this ILogger logger, Exception exception, string model, int count);

    [LoggerMessage(7, LogLevel.Debug, "A request for model '{Model}' is refused with {Status}: {Reason}")]
    public static partial void RequestRefused(this ILogger logger, string model, int status, string reason);
}
