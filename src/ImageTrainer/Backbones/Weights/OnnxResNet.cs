using System.Collections.Immutable;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// A residual network in a foreign graph, recognised by its structure, not by names: a 7x7 stem, max-pooling, four stages of any number of
/// blocks, all of the widths of He et al. (2015), table 1. It is read from its end to its start.
/// </summary>
/// <param name="Architecture">What it is.</param>
/// <param name="Layers">Where each of its convolutions stands in the graph.</param>
/// <param name="Image">The tensor that the stem takes.</param>
internal sealed record OnnxResNet(ResNetArchitecture Architecture, IReadOnlyDictionary<ConvolutionLayer, OnnxConvolution> Layers, string Image)
{
    /// <summary>Looks for the network that makes a tensor; null where it is another kind of network.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="top">What the last block gives, [N, D, H, W].</param>
    /// <param name="isEven">Whether every side that a window of stride 2 meets is even, or up to us.</param>
    public static OnnxResNet? Behind(OnnxGraphView graph, string top, bool isEven)
    {
        List<OnnxBlock> blocks = BlocksBehind(graph, top);
        if (blocks.Count == 0 || StemBehind(graph, blocks[0].Input, isEven) is not { } stem) return null;
        ImmutableArray<int> counts =
        [
            .. Enumerable.Range(0, ResNetArchitecture.StageCount)
                .Select(stage => blocks.Count(block => block.WidthIn(graph) == ResNetArchitecture.StageWidth(stage))),
        ];
        if (counts.Any(count => count == 0) || counts.Sum() != blocks.Count) return null;
        BlockKind[] kinds = blocks[0].Residual.Length == 2 ? [BlockKind.Basic] : [BlockKind.Bottleneck, BlockKind.OriginalBottleneck];
        ResNetArchitecture? architecture = kinds.Select(kind => ResNetArchitecture.Of(kind, counts))
            .FirstOrDefault(candidate => candidate.Blocks.Zip(blocks).All(pair => pair.Second.Fits(graph, pair.First, isEven)));
        if (architecture is null) return null;
        var layers = architecture.Blocks.Zip(blocks).SelectMany(pair => pair.Second.Pair(pair.First)).Append((ResNetArchitecture.Stem, stem));
        return new OnnxResNet(architecture, layers.ToDictionary(pair => pair.Item1, pair => pair.Item2), stem.Node.Input[0]);
    }

    private static List<OnnxBlock> BlocksBehind(OnnxGraphView graph, string top)
    {
        var blocks = new List<OnnxBlock>();
        string tensor = top;
        // More blocks than nodes: the graph runs in a circle.
        while (blocks.Count <= graph.Graph.Node.Count && OnnxBlock.Behind(graph, tensor) is { } block)
        {
            blocks.Add(block);
            tensor = block.Input;
        }

        blocks.Reverse();
        return blocks;
    }

    private static OnnxConvolution? StemBehind(OnnxGraphView graph, string tensor, bool isEven)
    {
        NodeProto? pool = graph.Producer(tensor, "MaxPool");
        if (pool is null || pool.Output.Count != 1 || !new OnnxWindow(Size: 3, Stride: 2).Fits(pool, isEven)) return null;
        NodeProto? relu = graph.Producer(pool.Input[0], "Relu");
        OnnxConvolution? stem = relu is null ? null : OnnxConvolution.Behind(graph, relu.Input[0]);
        return stem?.Fits(graph, ResNetArchitecture.Stem, isEven) == true ? stem : null;
    }
}

/// <summary>A residual block of a foreign graph: relu(F(x) + shortcut(x)).</summary>
/// <param name="Input">x.</param>
/// <param name="Residual">F: convolutions with a ReLU between each two, two or three.</param>
/// <param name="Shortcut">The projection, or null for the identity.</param>
internal sealed record OnnxBlock(string Input, ImmutableArray<OnnxConvolution> Residual, OnnxConvolution? Shortcut)
{
    private const int MaxLayerCount = 3;

    /// <summary>The block that makes a tensor, or null where something else does.</summary>
    public static OnnxBlock? Behind(OnnxGraphView graph, string tensor)
    {
        NodeProto? relu = graph.Producer(tensor, "Relu");
        NodeProto? sum = relu is null ? null : graph.Producer(relu.Input[0], "Add") ?? graph.Producer(relu.Input[0], "Sum");
        if (sum is not { Input: [var one, var other] }) return null;
        (ImmutableArray<OnnxConvolution> Layers, string Input) residual = Branch(graph, one), shortcut = Branch(graph, other);
        if (residual.Layers.Length < shortcut.Layers.Length) (residual, shortcut) = (shortcut, residual);
        return residual.Input == shortcut.Input && residual.Layers.Length is 2 or MaxLayerCount && shortcut.Layers.Length <= 1
            ? new OnnxBlock(residual.Input, residual.Layers, shortcut.Layers.FirstOrDefault())
            : null;
    }

    /// <summary>Output channels of the first convolution; 0 where they are not known.</summary>
    public long WidthIn(OnnxGraphView graph) => graph.FloatShape(Residual[0].Node.Input.ElementAtOrDefault(1) ?? "") is [var width, ..] ? width : 0;

    /// <summary>Whether this is a block of these convolutions.</summary>
    public bool Fits(OnnxGraphView graph, ResidualBlock block, bool isEven) =>
        block.Residual.Length == Residual.Length
        && block.Shortcut is null == Shortcut is null
        && Pair(block).All(pair => pair.Found.Fits(graph, pair.Layer, isEven));

    /// <summary>The block's convolutions, each beside the one found for it.</summary>
    public IEnumerable<(ConvolutionLayer Layer, OnnxConvolution Found)> Pair(ResidualBlock block)
    {
        IEnumerable<OnnxConvolution> found = Shortcut is null ? Residual : Residual.Append(Shortcut);
        return block.Convolutions.Zip(found);
    }

    // Convolutions with a ReLU between each two that end in a tensor, and what the first of them takes.
    private static (ImmutableArray<OnnxConvolution> Layers, string Input) Branch(OnnxGraphView graph, string tensor)
    {
        var layers = new List<OnnxConvolution>();
        string end = tensor;
        while (layers.Count <= MaxLayerCount && OnnxConvolution.Behind(graph, end) is { } layer)
        {
            layers.Insert(0, layer);
            tensor = layer.Node.Input[0];
            if (graph.Producer(tensor, "Relu") is not { } relu) break;
            end = relu.Input[0];
        }

        return ([.. layers], graph.Source(tensor));
    }
}

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
