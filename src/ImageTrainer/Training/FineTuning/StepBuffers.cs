using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ImageTrainer.Training.FineTuning;

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
