using System.ComponentModel.DataAnnotations;
using ImageTrainer.Onnx;

namespace ImageTrainer;

/// <summary>How an <see cref="ImagePredictionEngine"/> runs.</summary>
public sealed record ImagePredictionEngineOptions
{
    private const int MostThreads = 1024;
    private const double MostPixels = 700_000_000;
    private const double MostNetworkBytes = 2_147_000_000;

    /// <summary>Where the network runs: "auto" (default: a GPU where one works), "cpu", "cuda" or "cuda:N".</summary>
    [DeviceName]
    public string Device { get; init; } = "auto";

    /// <summary>
    /// Threads that work on one prediction together, 1 or more. Default: all processors, which answers a single caller soonest.
    /// 1 serves many concurrent callers with the highest throughput, and saves the copy of the network that batches have otherwise.
    /// </summary>
    [Range(1, MostThreads)]
    public int ThreadsPerPrediction { get; init; } = Environment.ProcessorCount;

    /// <summary>Predictions that run at the same moment; further callers wait. Bounds the memory. 1 or more; default: the number of processors.</summary>
    [Range(1, MostThreads)]
    public int MaxConcurrency { get; init; } = Environment.ProcessorCount;

    /// <summary>The largest image accepted, in pixels (width * height); default 100 million, at most 700 million.</summary>
    [Range(1, MostPixels)]
    public long MaxPixelCount { get; init; } = 100_000_000;

    /// <summary>The largest network accepted, in bytes; default 2,147,000,000, about what one ONNX file, and one array, can hold.</summary>
    [Range(1, MostNetworkBytes)]
    public long MaxNetworkByteCount { get; init; } = 2_147_000_000;

    /// <summary>
    /// Whether <see cref="ImagePredictionEngine.Explain(string, string?)"/> can be called; default false. Predictions stay the same to the
    /// last bit.
    /// </summary>
    public bool CanExplain { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One or more are out of range; the message names each.</exception>
    internal void Validate()
    {
        // Asked one by one: the validator that finds the attributes by itself would keep applications from being trimmed.
        (string Name, object Value, ValidationAttribute Rule)[] rules =
        [
            (nameof(Device), Device, new DeviceNameAttribute()),
            (nameof(ThreadsPerPrediction), ThreadsPerPrediction, new RangeAttribute(1, MostThreads)),
            (nameof(MaxConcurrency), MaxConcurrency, new RangeAttribute(1, MostThreads)),
            (nameof(MaxPixelCount), MaxPixelCount, new RangeAttribute(1, MostPixels)),
            (nameof(MaxNetworkByteCount), MaxNetworkByteCount, new RangeAttribute(1, MostNetworkBytes)),
        ];
        string[] faults = [.. rules.Where(option => !option.Rule.IsValid(option.Value)).Select(option => option.Rule.FormatErrorMessage(option.Name))];
        if (faults.Length > 0) throw new ArgumentException(string.Join(' ', faults));
    }
}
