using ImageTrainer.Graphs;
using ImageTrainer.Onnx;

namespace ImageTrainer.Tests.Onnx;

/// <summary>ONNX files of a few nodes.</summary>
internal static class PlainNetwork
{
    /// <summary>Side of the input.</summary>
    public const int Size = 4;

    /// <summary>Means of the three colours: an input [N, 3, 4, 4] unless told otherwise, an output of that name, [N, 3].</summary>
    public static byte[] Means(string input = OnnxNetwork.PixelsName, string output = "Means", TensorShape? shape = null)
    {
        var graph = new GraphBuilder("plain");
        GraphTensor pixels = graph.Input(input, shape ?? new TensorShape("N", 3, Size, Size));
        graph.Output(graph.Node(output).Flatten(graph.Node("pool").GlobalAveragePool(pixels)));
        return OnnxModel.Write(graph.Build());
    }

    /// <summary>The same, opened on one thread.</summary>
    public static OnnxNetwork Open() => new(Means(), new OnnxNetworkOptions { ThreadCount = 1 });
}
