using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The mean over space that a foreign network ends in.</summary>
internal static class OnnxPooling
{
    private const int HalvingCount = 5;

    /// <summary>The node that features come from by nothing but changes of shape, where that is a mean over space; null elsewhere.</summary>
    public static NodeProto? Behind(OnnxGraphView graph, string features)
    {
        for (int step = 0; step < graph.Graph.Node.Count; step++)
        {
            if (graph.Producer(features) is not { Input.Count: > 0 } node) return null;
            if (IsMean(graph, node)) return node;
            bool isReshaping = OnnxGraphView.Is(node, "Reshape") || OnnxGraphView.Is(node, "Squeeze")
                || (OnnxGraphView.Is(node, "Flatten") && OnnxGraphView.Integer(node, "axis", 1) == 1);
            if (!isReshaping) return null;
            features = node.Input[0];
        }

        return null;
    }

    /// <summary>The tensor that the last mean over space of a graph gives, for networks that end in features; null where there is none.</summary>
    public static string? FindLast(GraphProto graph)
    {
        var view = new OnnxGraphView(graph);
        return graph.Node.LastOrDefault(node => node.Input.Count > 0 && IsMean(view, node))?.Output.FirstOrDefault();
    }

    /// <summary>Whether a mean goes over all that five halvings leave of an image.</summary>
    /// <param name="pool">The mean.</param>
    /// <param name="size">H and W of the image, 0 where they are free.</param>
    public static bool IsWhole(NodeProto pool, (long Height, long Width) size) =>
        !OnnxGraphView.Is(pool, "AveragePool")
        || (OnnxGraphView.Integers(pool, "kernel_shape") is [var height, var width]
            && height == Halved(size.Height) && width == Halved(size.Width)
            && OnnxGraphView.Integers(pool, "pads").All(padding => padding == 0));

    private static bool IsMean(OnnxGraphView graph, NodeProto node) =>
        OnnxGraphView.Is(node, "GlobalAveragePool") || OnnxGraphView.Is(node, "AveragePool")
        || (OnnxGraphView.Is(node, "ReduceMean") && IsOverSpace(AxesOf(graph, node)));

    // An attribute up to operator set 17, an input from 18 on.
    private static IReadOnlyList<long> AxesOf(OnnxGraphView graph, NodeProto node) =>
        node.Input.Count > 1 ? graph.Numbers(node.Input[1]) ?? [] : OnnxGraphView.Integers(node, "axes");

    private static bool IsOverSpace(IReadOnlyList<long> axes) =>
        axes.Select(axis => axis < 0 ? axis + 4 : axis).Order().SequenceEqual([2L, 3L]);

    private static long Halved(long size)
    {
        for (int i = 0; i < HalvingCount && size > 0; i++) size = ((size - 1) / 2) + 1;
        return size;
    }
}
