using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>A small foreign classifier: 3x3 convolution to four channels, ReLU, mean over space, linear layer to two classes.</summary>
internal static class OnnxFixture
{
    public const int FeatureCount = 4;

    public static readonly float[] HeadWeights = [1, 2, 3, 4, -1, -2, -3, -4];
    public static readonly float[] HeadBiases = [0.5f, -0.5f];

    /// <summary>Writes it; sizes of 0 stand for free axes, and <paramref name="change"/> may spoil it first.</summary>
    public static byte[] Write(long batch = 0, long side = 0, Action<ModelProto>? change = null)
    {
        var graph = new GraphBuilder("foreign");
        GraphTensor image = graph.Input("image", new TensorShape("batch", 3, "height", "width"));
        float[] kernel = [.. Enumerable.Range(0, FeatureCount * 27).Select(i => MathF.Sin(i))];
        GraphTensor weights = graph.Constant("conv.weight", new TensorShape(FeatureCount, 3, 3, 3), kernel.AsSpan());
        GraphTensor bias = graph.Constant("conv.bias", new TensorShape(FeatureCount), [0.1f, 0.2f, 0.3f, 0.4f]);
        GraphTensor x = graph.Node("relu").Relu(graph.Node("conv").Conv(image, (weights, bias), (2, 1)));
        GraphTensor features = graph.Node("flat").Flatten(graph.Node("pool").GlobalAveragePool(x));
        GraphTensor headWeights = graph.Constant("head.weight", new TensorShape(2, FeatureCount), HeadWeights.AsSpan());
        graph.Output(graph.Node("head").Gemm(features, headWeights, graph.Constant("head.bias", new TensorShape(2), HeadBiases.AsSpan())));
        ModelProto model = OnnxModel.ToProto(graph.Build());
        model.ProducerName = "somebody else";
        Fix(model, 0, batch);
        Fix(model, 2, side);
        Fix(model, 3, side);
        change?.Invoke(model);
        return Google.Protobuf.MessageExtensions.ToByteArray(model);
    }

    private static void Fix(ModelProto model, int axis, long size)
    {
        if (size > 0)
            model.Graph.Input[0].Type.TensorType.Shape.Dim[axis] = new TensorShapeProto.Types.Dimension { DimValue = size };
    }
}
