using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ImageTrainer.Onnx;

/// <summary>How a network is run.</summary>
internal sealed record OnnxNetworkOptions
{
    /// <summary>Where it runs; default the CPU.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>Threads that work on one run together, 1 or more; 1 runs on the caller's thread alone. CPU only.</summary>
    public int ThreadCount { get; init; } = Environment.ProcessorCount;
}

/// <summary>One output of a run that is wanted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Destination">Takes [N, row length]; may be longer.</param>
internal readonly record struct NetworkOutput(string Name, float[] Destination);

/// <summary>
/// A network in ONNX Runtime: one float input <c>Pixels</c> [N, 3, H, W] and outputs of one row an image.
/// <see cref="Run(float[], int, string, float[])"/> is safe to call from many threads at once, and so is <see cref="Dispose"/>: runs
/// under way end as they would have.
/// </summary>
internal sealed class OnnxNetwork : IDisposable
{
    /// <summary>Name of the input in every network of ours.</summary>
    public const string PixelsName = "Pixels";

    private static readonly string[] InputNames = [PixelsName];
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    // One use for the owner and one for each run under way: whoever gives back the last frees the session, so no run meets freed memory.
    private int _useCount = 1;
    private int _isDisposed;

    /// <summary>Loads a network from the bytes of an ONNX file.</summary>
    /// <exception cref="OnnxRuntimeException">The bytes are no network that ONNX Runtime can run.</exception>
    /// <exception cref="InvalidDataException">The network does not take images as ours do.</exception>
    public OnnxNetwork(byte[] model, OnnxNetworkOptions options)
        : this(OnnxContent.Of(model), options)
    {
    }

    /// <summary>Loads a network.</summary>
    /// <inheritdoc cref="OnnxNetwork(byte[], OnnxNetworkOptions)" path="/exception"/>
    public OnnxNetwork(OnnxContent model, OnnxNetworkOptions options)
    {
        Options = options;
        using SessionOptions sessionOptions = CreateSessionOptions(options);
        _session = model.Load(sessionOptions);
        if (FindInputSize(_session) is { } size)
        {
            (Height, Width) = size;
            return;
        }

        Dispose();
        throw new InvalidDataException($"The network's input is not '{PixelsName}', float [N, 3, H, W] with H and W fixed.");
    }

    /// <summary>How it is run.</summary>
    public OnnxNetworkOptions Options { get; }

    /// <summary>H of the input in pixels.</summary>
    public int Height { get; }

    /// <summary>W of the input in pixels.</summary>
    public int Width { get; }

    /// <summary>Number of floats one image takes: 3 * H * W.</summary>
    public int PixelLength => 3 * Height * Width;

    /// <summary>Number of floats an output has for one image, or null where the network has no such output of one row an image.</summary>
    public int? FindRowLength(string output) =>
        _session.OutputMetadata.TryGetValue(output, out NodeMetadata? metadata)
        && metadata is { IsTensor: true, ElementDataType: TensorElementType.Float, Dimensions: [_, > 0 and var length] }
            ? length
            : null;

    /// <summary>Runs the network over a batch.</summary>
    /// <param name="pixels">[N, 3, H, W], RGB, 0..255; may be longer.</param>
    /// <param name="count">N, 1 or more.</param>
    /// <param name="output">Name of the output wanted.</param>
    /// <param name="destination">Takes [N, row length]; may be longer.</param>
    /// <exception cref="ArgumentException">The network has no such output.</exception>
    /// <exception cref="ObjectDisposedException">The network has been disposed.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed: out of memory, or the device did.</exception>
    public void Run(float[] pixels, int count, string output, float[] destination) =>
        Run(pixels, count, [new NetworkOutput(output, destination)]);

    /// <summary>Runs the network over a batch once for several outputs.</summary>
    /// <param name="pixels">[N, 3, H, W], RGB, 0..255; may be longer.</param>
    /// <param name="count">N, 1 or more.</param>
    /// <param name="outputs">The outputs wanted.</param>
    /// <inheritdoc cref="Run(float[], int, string, float[])" path="/exception"/>
    public void Run(float[] pixels, int count, IReadOnlyList<NetworkOutput> outputs)
    {
        BeginUse();
        try
        {
            RunInUse(pixels, count, outputs);
        }
        finally
        {
            EndUse();
        }
    }

    /// <summary>Runs the network over one image for outputs of any shape.</summary>
    /// <param name="pixels">[1, 3, H, W], RGB, 0..255.</param>
    /// <param name="outputs">Names of the outputs wanted, all of floats.</param>
    /// <returns>Shape and values of each.</returns>
    /// <inheritdoc cref="Run(float[], int, string, float[])" path="/exception"/>
    public IReadOnlyList<(long[] Shape, float[] Values)> Run(float[] pixels, IReadOnlyList<string> outputs)
    {
        BeginUse();
        try
        {
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, pixels.AsMemory(0, PixelLength), [1, 3, Height, Width]);
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_runOptions, InputNames, [input], outputs);
            return [.. results.Select(result => (result.GetTensorTypeAndShape().Shape, result.GetTensorDataAsSpan<float>().ToArray()))];
        }
        finally
        {
            EndUse();
        }
    }

    /// <summary>Frees the native session, once the last run under way has ended. Safe to call twice.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) EndUse();
    }

    private static (int Height, int Width)? FindInputSize(InferenceSession session) =>
        session.InputMetadata.Count == 1
        && session.InputMetadata.TryGetValue(PixelsName, out NodeMetadata? pixels)
        && pixels is { IsTensor: true, ElementDataType: TensorElementType.Float, Dimensions: [_, 3, > 0 and var height, > 0 and var width] }
            ? (height, width)
            : null;

    private void RunInUse(float[] pixels, int count, IReadOnlyList<NetworkOutput> outputs)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, pixels.AsMemory(0, count * PixelLength), [count, 3, Height, Width]);
        var results = new List<OrtValue>(outputs.Count);
        try
        {
            foreach (NetworkOutput output in outputs) results.Add(Wrap(output, count));
            _session.Run(_runOptions, InputNames, [input], [.. outputs.Select(output => output.Name)], results);
        }
        finally
        {
            results.ForEach(result => result.Dispose());
        }
    }

    private OrtValue Wrap(NetworkOutput output, int count)
    {
        int rowLength = FindRowLength(output.Name)
            ?? throw new ArgumentException($"The network has no output '{output.Name}'.", nameof(output));
        return OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, output.Destination.AsMemory(0, count * rowLength), [count, rowLength]);
    }

    private void BeginUse()
    {
        int count = Volatile.Read(ref _useCount);
        while (true)
        {
            ObjectDisposedException.ThrowIf(count == 0 || Volatile.Read(ref _isDisposed) != 0, this);
            int seen = Interlocked.CompareExchange(ref _useCount, count + 1, count);
            if (seen == count) return;
            count = seen;
        }
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _useCount) > 0) return;
        _runOptions.Dispose();
        _session.Dispose();
    }

    /// <summary>Makes the options of a session; the caller disposes them.</summary>
    internal static SessionOptions CreateSessionOptions(OnnxNetworkOptions options)
    {
        SessionOptions session = OnnxEnvironment.CreateSessionOptions();
        session.IntraOpNumThreads = options.ThreadCount;
        session.InterOpNumThreads = 1;
        session.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
        // Idle worker threads must not burn the host application's cores between two predictions.
        session.AddSessionConfigEntry("session.force_spinning_stop", "1");
        // Kernels of 8 bits would overflow here: let the runtime take exact arithmetic instead, at some speed.
        if (!IntegerArithmetic.IsExact) session.AddSessionConfigEntry("session.x64quantprecision", "1");
        if (options.Device.Kind == DeviceKind.Cuda)
            CudaProvider.Append(session, options.Device.Index);
        return session;
    }
}
