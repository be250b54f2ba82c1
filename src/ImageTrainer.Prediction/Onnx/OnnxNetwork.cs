using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>How a network is run.</summary>
internal sealed record OnnxNetworkOptions
{
    /// <summary>Where it runs; default the CPU.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>Threads that work on one run together, 1 or more; 1 runs on the caller's thread alone. CPU only.</summary>
    public int ThreadCount { get; init; } = Environment.ProcessorCount;
}

/// <summary>
/// A network in ONNX Runtime: one float input <c>Pixels</c> [N, 3, H, W] and outputs of one row an image.
/// <see cref="Run"/> is safe to call from many threads at once.
/// </summary>
internal sealed class OnnxNetwork : IDisposable
{
    /// <summary>Name of the input in every network of ours.</summary>
    public const string PixelsName = "Pixels";

    private static readonly string[] InputNames = [PixelsName];
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    /// <summary>Loads a network from the bytes of an ONNX file.</summary>
    /// <exception cref="OnnxRuntimeException">The bytes are no network that ONNX Runtime can run.</exception>
    public OnnxNetwork(byte[] model, OnnxNetworkOptions options)
    {
        _ = OnnxEnvironment.Instance;
        Options = options;
        using SessionOptions sessionOptions = CreateSessionOptions(options);
        _session = new InferenceSession(model, sessionOptions);
        int[] dimensions = _session.InputMetadata[PixelsName].Dimensions;
        (Height, Width) = (dimensions[2], dimensions[3]);
    }

    /// <summary>How it is run.</summary>
    public OnnxNetworkOptions Options { get; }

    /// <summary>H of the input in pixels.</summary>
    public int Height { get; }

    /// <summary>W of the input in pixels.</summary>
    public int Width { get; }

    /// <summary>Number of floats one image takes: 3 * H * W.</summary>
    public int PixelLength => 3 * Height * Width;

    /// <summary>Number of floats an output has for one image, or null where the network has no such output.</summary>
    public int? FindRowLength(string output) =>
        _session.OutputMetadata.TryGetValue(output, out NodeMetadata? metadata) ? metadata.Dimensions[^1] : null;

    /// <summary>Runs the network over a batch.</summary>
    /// <param name="pixels">[N, 3, H, W], RGB, 0..255; may be longer.</param>
    /// <param name="count">N, 1 or more.</param>
    /// <param name="output">Name of the output wanted.</param>
    /// <param name="destination">Takes [N, row length]; may be longer.</param>
    /// <exception cref="OnnxRuntimeException">The run failed: out of memory, or the device did.</exception>
    public void Run(float[] pixels, int count, string output, float[] destination)
    {
        int rowLength = FindRowLength(output) ?? throw new ArgumentException($"The network has no output '{output}'.", nameof(output));
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, pixels.AsMemory(0, count * PixelLength), [count, 3, Height, Width]);
        using OrtValue result = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, destination.AsMemory(0, count * rowLength), [count, rowLength]);
        _session.Run(_runOptions, InputNames, [input], [output], [result]);
    }

    /// <summary>Frees the native session.</summary>
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static SessionOptions CreateSessionOptions(OnnxNetworkOptions options)
    {
        var session = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            IntraOpNumThreads = options.ThreadCount,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        };
        // Idle worker threads must not burn the host application's cores between two predictions.
        session.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (options.Device.Kind == DeviceKind.Cuda)
            session.AppendExecutionProvider_CUDA(options.Device.Index);
        return session;
    }
}
