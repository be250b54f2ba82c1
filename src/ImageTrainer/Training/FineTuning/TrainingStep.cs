using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ImageTrainer.Training.FineTuning;

/// <summary>
/// Runs a <see cref="TrainingGraph"/> step after step. Every tensor of the state exists twice, and two bindings say which of the two a
/// step reads and which it writes: nothing is copied between steps. The same steps on the same device with the same number of threads
/// give the same bits. Not safe for concurrent use.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly TrainingGraph _graph;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly StepBuffers _buffers;
    private readonly OrtIoBinding[] _bindings;
    private long _stepCount;

    /// <summary>Loads the graph; the state is the graph's initial one.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="threadCount">Threads that work on one step together, 1 or more; CPU only.</param>
    /// <exception cref="OnnxRuntimeException">The device cannot run it, or its memory does not hold it.</exception>
    public TrainingStep(TrainingGraph graph, ComputeDevice device, int threadCount)
    {
        _graph = graph;
        using SessionOptions options = OnnxNetwork.CreateSessionOptions(new OnnxNetworkOptions { Device = device, ThreadCount = threadCount });
        _session = OnnxModel.ToContent(graph.Graph).Load(options);
        try
        {
            _buffers = new StepBuffers(graph, _session, device);
            _bindings = [_session.CreateIoBinding(), _session.CreateIoBinding()];
            for (int side = 0; side < 2; side++)
                _buffers.Bind(_bindings[side], side);
        }
        catch
        {
            // They hold the device's memory, which was too small perhaps.
            _buffers?.Dispose();
            _session.Dispose();
            throw;
        }
    }

    /// <summary>Number of steps since the start of training.</summary>
    public long StepCount => _stepCount;

    /// <summary>The state's tensors, in the order of <see cref="ReadState"/>.</summary>
    public IReadOnlyList<StateTensor> State => _graph.State;

    /// <summary>The images of the next step, [N, C, H, W]; to be filled by the caller.</summary>
    public Span<float> Images => _buffers.Input(_graph.Images.Name);

    /// <summary>The soft targets of the next step, [N, K]; to be filled by the caller.</summary>
    public Span<float> Targets => _buffers.Input(TrainingGraph.TargetsName);

    /// <summary>The logits that the last step has given before its update, [N, K].</summary>
    public ReadOnlySpan<float> Logits => _buffers.Output(TrainingGraph.LogitsName);

    /// <summary>The mask of a Dropout node for the next step, [N, D] of 0 and 1 / (1 - p).</summary>
    public Span<float> Mask(string name) => _buffers.Input(name);

    /// <summary>Runs one step.</summary>
    /// <param name="rateOf">The learning rate of each group.</param>
    /// <returns>The loss of the batch before the update; not finite where training has diverged.</returns>
    /// <exception cref="OnnxRuntimeException">The device failed.</exception>
    public float Run(Func<string, float> rateOf)
    {
        int side = (int)(_stepCount & 1);
        foreach (string group in _graph.Groups) _buffers.Input(TrainingGraph.RateName(group))[0] = rateOf(group);
        IReadOnlyList<float> scalars = _graph.Update.ScalarsAt(_stepCount + 1);
        for (int i = 0; i < scalars.Count; i++) _buffers.Input(_graph.Update.ScalarNames[i])[0] = scalars[i];
        _buffers.BeforeRun(_bindings[side]);
        _session.RunWithBinding(_runOptions, _bindings[side]);
        _bindings[side].SynchronizeBoundOutputs();
        _stepCount++;
        return _buffers.Output(TrainingGraph.LossName)[0];
    }

    /// <summary>Copies a tensor of the state out.</summary>
    /// <param name="index">Its place in <see cref="State"/>.</param>
    public float[] ReadState(int index) => _buffers.ReadState(index, (int)(_stepCount & 1));

    /// <summary>Sets the whole state and the number of steps done, as they were when they were read.</summary>
    /// <param name="stepCount">Steps since the start of training.</param>
    /// <param name="stateOf">The value of a tensor, given its name.</param>
    public void Restore(long stepCount, Func<string, ReadOnlyMemory<float>> stateOf)
    {
        _stepCount = stepCount;
        for (int i = 0; i < State.Count; i++) _buffers.WriteState(i, (int)(stepCount & 1), stateOf(State[i].Name).Span);
    }

    /// <summary>Frees the session and its buffers.</summary>
    public void Dispose()
    {
        foreach (OrtIoBinding binding in _bindings) binding.Dispose();
        _buffers.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
    }
}

/// <summary>
/// The memory that steps of training work on: the state twice, in the device's memory, and the inputs and outputs of a step in the host's.
/// </summary>
internal sealed class StepBuffers : IDisposable
{
    private readonly bool _isCuda;
    private readonly OrtMemoryInfo? _deviceMemory;
    private readonly OrtAllocator? _deviceAllocator;
    private readonly StateTensor[] _state;
    private readonly OrtValue[][] _sides;
    private readonly Dictionary<string, OrtValue> _inputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OrtValue> _outputs = new(StringComparer.Ordinal);

    /// <summary>Allocates everything and fills in the initial state.</summary>
    public StepBuffers(TrainingGraph graph, InferenceSession session, ComputeDevice device)
    {
        _isCuda = device.Kind == DeviceKind.Cuda;
        if (_isCuda)
        {
            _deviceMemory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, device.Index, OrtMemType.Default);
            _deviceAllocator = new OrtAllocator(session, _deviceMemory);
        }

        _state = [.. graph.State];
        OrtAllocator allocator = _deviceAllocator ?? OrtAllocator.DefaultInstance;
        _sides = [.. Enumerable.Range(0, 2).Select(_ => _state.Select(tensor => Allocate(allocator, tensor.Shape)).ToArray())];
        for (int i = 0; i < _state.Length; i++)
            WriteState(i, 0, _state[i].Initial.IsEmpty ? new float[_state[i].Length] : _state[i].Initial.Span);
        HashSet<string> round = [.. _state.SelectMany(tensor => new[] { tensor.Name, tensor.NextName })];
        foreach (GraphTensor input in graph.Graph.Inputs.Where(input => !round.Contains(input.Name)))
            _inputs.Add(input.Name, Allocate(OrtAllocator.DefaultInstance, input.Sizes()));
        foreach (GraphTensor output in graph.Graph.Outputs.Where(output => !round.Contains(output.Name)))
            _outputs.Add(output.Name, Allocate(OrtAllocator.DefaultInstance, output.Sizes()));
    }

    /// <summary>An input that the caller fills.</summary>
    public Span<float> Input(string name) => _inputs[name].GetTensorMutableDataAsSpan<float>();

    /// <summary>An output of the last step.</summary>
    public ReadOnlySpan<float> Output(string name) => _outputs[name].GetTensorDataAsSpan<float>();

    /// <summary>Binds steps that read the state from one side and write it to the other.</summary>
    public void Bind(OrtIoBinding binding, int side)
    {
        for (int i = 0; i < _state.Length; i++)
        {
            binding.BindInput(_state[i].Name, _sides[side][i]);
            binding.BindOutput(_state[i].NextName, _sides[1 - side][i]);
        }

        foreach ((string name, OrtValue value) in _inputs) binding.BindInput(name, value);
        foreach ((string name, OrtValue value) in _outputs) binding.BindOutput(name, value);
    }

    /// <summary>To be called when the inputs are filled: a GPU gets its copy of an input when that is bound.</summary>
    public void BeforeRun(OrtIoBinding binding)
    {
        if (!_isCuda) return;
        foreach ((string name, OrtValue value) in _inputs) binding.BindInput(name, value);
        binding.SynchronizeBoundInputs();
    }

    /// <summary>Copies a tensor of the state out.</summary>
    public float[] ReadState(int index, int side)
    {
        OrtValue value = _sides[side][index];
        if (!_isCuda) return value.GetTensorDataAsSpan<float>().ToArray();
        using OrtValue copy = Allocate(OrtAllocator.DefaultInstance, _state[index].Shape);
        OnnxEnvironment.Instance.CopyTensors([value], [copy], null);
        return copy.GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Copies a tensor of the state in.</summary>
    public void WriteState(int index, int side, ReadOnlySpan<float> values)
    {
        OrtValue value = _sides[side][index];
        if (!_isCuda)
        {
            values.CopyTo(value.GetTensorMutableDataAsSpan<float>());
            return;
        }

        using OrtValue copy = Allocate(OrtAllocator.DefaultInstance, _state[index].Shape);
        values.CopyTo(copy.GetTensorMutableDataAsSpan<float>());
        OnnxEnvironment.Instance.CopyTensors([copy], [value], null);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in _sides.SelectMany(side => side).Concat(_inputs.Values).Concat(_outputs.Values)) value.Dispose();
        _deviceAllocator?.Dispose();
        _deviceMemory?.Dispose();
    }

    private static OrtValue Allocate(OrtAllocator allocator, long[] shape) =>
        OrtValue.CreateAllocatedTensorValue(allocator, TensorElementType.Float, shape);
}

/// <summary>Chooses how many images a step has.</summary>
internal static class BatchSizes
{
    private const int Default = 16;

    // Tensors of a step that are alive at the same time, over all of them together: measured on ResNet-18 and 50, rounded up.
    private const double AliveFraction = 0.6;

    // The rest is for the frozen part and whatever else runs.
    private const double UsableFraction = 0.5;

    /// <summary>The size asked for, or the largest power of two up to 16 whose step fits into memory.</summary>
    /// <param name="cut">The network.</param>
    /// <param name="setting">The size asked for, and how it is trained.</param>
    /// <param name="availableByteCount">Memory that the process may have.</param>
    public static int Choose(NetworkCut cut, TuningSetting setting, long availableByteCount)
    {
        if (setting.Options.BatchSize is { } asked) return asked;
        double room = UsableFraction * availableByteCount;
        // Weights, their gradients and moments are there once, however many images there are.
        double one = ByteCount(cut, setting, batchSize: 1);
        double perImage = ByteCount(cut, setting, batchSize: 2) - one;
        int size = Default;
        while (size > 1 && AliveFraction * (one + ((size - 1) * perImage)) > room) size /= 2;
        return size;
    }

    private static double ByteCount(NetworkCut cut, TuningSetting setting, int batchSize)
    {
        TrainingGraph step = TrainingGraph.Derive(cut.Trained, TuningSteps.GraphOptions(setting, batchSize));
        HashSet<string> constants = [.. step.Graph.Initializers.Select(initializer => initializer.Name)];
        return step.Graph.Tensors.Values
            .Where(tensor => !constants.Contains(tensor.Name))
            .Sum(tensor => sizeof(float) * (double)tensor.Shape.ElementCount!.Value);
    }
}
