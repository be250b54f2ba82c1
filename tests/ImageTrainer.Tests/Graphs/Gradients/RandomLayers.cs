using ImageTrainer.Graphs;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>Layers of drawn weights for small networks.</summary>
internal static class RandomLayers
{
    private const int ClassCount = 3;

    public static GraphTensor Images(this GraphBuilder graph, int channels, int height, int width) =>
        graph.Input("x", new TensorShape("N", channels, height, width));

    public static GraphTensor Convolve(
        this GraphBuilder graph, Random random, string name, GraphTensor x, int channels, (int Size, int Stride, int Padding) window, bool hasBias = true)
    {
        long input = x.Shape[1].Size;
        double scale = 1 / Math.Sqrt(input * window.Size * window.Size);
        GraphTensor kernel = graph.Draw(random, $"{name}.weight", new TensorShape(channels, input, window.Size, window.Size), (-2 * scale, 2 * scale));
        GraphTensor bias = graph.Draw(random, hasBias ? $"{name}.bias" : $"{name}.zero", new TensorShape(channels), hasBias ? (-1, 1) : (0, 0));
        return graph.Node(name).Conv(x, (kernel, bias), (window.Stride, window.Padding));
    }

    public static GraphTensor Normalize(this GraphBuilder graph, Random random, string name, GraphTensor x)
    {
        var shape = new TensorShape(x.Shape[1]);
        GraphTensor gamma = graph.Draw(random, $"{name}.gamma", shape, (0.5, 1.5)), beta = graph.Draw(random, $"{name}.beta", shape, (-1, 1));
        GraphTensor mean = graph.Draw(random, $"{name}.mean", shape, (-1, 1)), variance = graph.Draw(random, $"{name}.variance", shape, (0.5, 2));
        return graph.Node(name).BatchNormalization(x, (gamma, beta, mean, variance), 1e-5f);
    }

    public static GraphTensor Classify(this GraphBuilder graph, Random random, GraphTensor x, bool dropout = false)
    {
        GraphTensor features = graph.Node("features").Flatten(graph.Node("pool").GlobalAveragePool(x));
        if (dropout) features = graph.Node("dropout").Dropout(features);
        GraphTensor weights = graph.Draw(random, "head.weight", new TensorShape(ClassCount, features.Shape[1]), (-1, 1));
        return graph.Node("head").Gemm(features, weights, graph.Draw(random, "head.bias", new TensorShape(ClassCount), (-1, 1)));
    }

    private static GraphTensor Draw(this GraphBuilder graph, Random random, string name, TensorShape shape, (double Low, double High) range)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.ElementCount!.Value)
            .Select(_ => (float)(range.Low + ((range.High - range.Low) * random.NextDouble())))];
        return graph.Constant(name, shape, values.AsSpan());
    }
}
