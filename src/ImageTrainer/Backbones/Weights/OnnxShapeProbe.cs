using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Asks ONNX Runtime for the shape of a tensor inside a foreign network. The network is loaded and checked, but not run.</summary>
internal static class OnnxShapeProbe
{
    /// <summary>Infers a shape.</summary>
    /// <param name="file">The file the graph comes from.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="tensor">Name of one of its float tensors.</param>
    /// <returns>Sizes of the axes, -1 where one depends on the input; empty where not even their number is known.</returns>
    /// <exception cref="BackboneException">ONNX Runtime cannot load the network.</exception>
    public static int[] Infer(WeightFile file, Graph graph, string tensor)
    {
        ModelProto model = OnnxModel.ToProto(graph);
        var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float } };
        model.Graph.Output.Add(new ValueInfoProto { Name = tensor, Type = type });
        try
        {
            using SessionOptions options = MakeOptions();
            using var session = new InferenceSession(model.ToByteArray(), options);
            return session.OutputMetadata[tensor].Dimensions;
        }
        catch (OnnxRuntimeException exception)
        {
            throw file.Fault($"ONNX Runtime cannot load it, saying: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static SessionOptions MakeOptions()
    {
        SessionOptions options = OnnxEnvironment.CreateSessionOptions();
        options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        options.IntraOpNumThreads = 1;
        options.EnableCpuMemArena = false;
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        return options;
    }
}
