using ImageTrainer.Graphs;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Training.FineTuning;

/// <summary>The trained part of a network in use: activations to logits, by the graph that will serve. Not safe for concurrent use.</summary>
internal sealed class TrainedPart : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly GraphTensor _input;
    private readonly string[] _outputs;

    /// <summary>Loads the part.</summary>
    public TrainedPart(Graph graph, TuningSetting setting)
    {
        using SessionOptions options = OnnxNetwork.CreateSessionOptions(
            new OnnxNetworkOptions { Device = setting.Device, ThreadCount = setting.ThreadCount });
        _session = OnnxModel.ToContent(graph).Load(options);
        (_input, _outputs) = (graph.Inputs.Single(), [.. graph.Outputs.Select(output => output.Name)]);
    }

    /// <summary>Runs it over a batch.</summary>
    /// <param name="activations">[N, length]; may be longer.</param>
    /// <param name="count">N.</param>
    /// <returns>The graph's outputs, row-major.</returns>
    public float[][] Run(float[] activations, int count)
    {
        long[] shape = [count, .. _input.Shape.Dimensions.Skip(1).Select(dimension => dimension.Size)];
        int length = (int)shape.Aggregate((product, size) => product * size);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, activations.AsMemory(0, length), shape);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_runOptions, [_input.Name], [input], _outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>Frees the session.</summary>
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }
}
