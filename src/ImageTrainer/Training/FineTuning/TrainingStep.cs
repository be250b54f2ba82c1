using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

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
