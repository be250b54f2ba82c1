using System.Collections.Immutable;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Quantizing;

/// <summary>A network whose inner activations can be looked at. <see cref="Run"/> is safe to call from many threads.</summary>
internal sealed class ObservedNetwork : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly long[] _inputShape;

    /// <summary>Loads a network on the CPU, one thread a run.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="tensors">Names of the float activations to look at.</param>
    public ObservedNetwork(Graph graph, ImmutableArray<string> tensors)
    {
        Tensors = tensors;
        TensorShape pixels = graph.Tensors[TensorNames.Pixels].Shape;
        _inputShape = [1, pixels[1].Size, pixels[2].Size, pixels[3].Size];
        ModelProto model = OnnxModel.ToProto(graph);
        model.Graph.Output.Clear();
        foreach (string tensor in tensors)
            model.Graph.Output.Add(new ValueInfoProto { Name = tensor, Type = FloatTensor });
        using SessionOptions options = OnnxEnvironment.CreateSessionOptions();
        options.IntraOpNumThreads = 1;
        options.InterOpNumThreads = 1;
        // Every output is kept: planning ahead would have the second run of each thread allocate all of it once more.
        options.EnableMemoryPattern = false;
        _session = OnnxModel.ToContent(model).Load(options);
    }

    /// <summary>Names of the activations that are looked at.</summary>
    public ImmutableArray<string> Tensors { get; }

    /// <summary>Takes one activation: its place among the tensors asked for, its values [C, H, W], and H * W.</summary>
    public delegate void TakeActivation(int tensor, ReadOnlySpan<float> values, int planeLength);

    private static TypeProto FloatTensor => new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float } };

    /// <summary>Runs the network over one image, [3, H, W], RGB, 0..255.</summary>
    public void Run(float[] pixels, TakeActivation take)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(), _inputShape);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_runOptions, [TensorNames.Pixels], [input], [.. Tensors]);
        for (int tensor = 0; tensor < results.Count; tensor++)
        {
            long[] shape = results[tensor].GetTensorTypeAndShape().Shape;
            int planeLength = (int)shape.Skip(2).Aggregate(1L, (product, size) => product * size);
            take(tensor, results[tensor].GetTensorDataAsSpan<float>(), planeLength);
        }
    }

    /// <summary>Frees the native session.</summary>
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }
}
