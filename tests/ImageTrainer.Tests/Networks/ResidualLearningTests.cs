using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Networks;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Networks;

/// <summary>The claims of docs/residual-learning.md.</summary>
[TestClass]
public sealed class ResidualLearningTests
{
    private const int Channels = 64;
    private const int Side = 3;
    private const int Length = Channels * Side * Side;

    [TestMethod]
    public void AddResidual_ResidualOfZero_IsTheIdentity()
    {
        float[] x = Draw(1, 0, 1);
        Graph network = Stack(blockCount: 1, scale: 0, hasShortcuts: true);

        float[] y = Run(network, network.Outputs[0].Name, x);

        CollectionAssert.AreEqual(x, y);
    }

    [TestMethod]
    public void Gradient_OfABlock_IsThatOfTheShortcutPlusThatOfTheResidual()
    {
        // All values stay positive, so the last ReLU passes everything: H = F + x, and dL/dx = dL/dH + dL/dF dF/dx.
        (float[] x, float[] dy) = (Draw(1, 10, 11), Draw(2, -1, 1));

        float[] whole = InputGradient(Stack(1, 0.02, hasShortcuts: true), x, dy);
        float[] residual = InputGradient(Stack(1, 0.02, hasShortcuts: true), "stage1.block1.conv2", x, dy);

        Assert.IsGreaterThan(0.001, Norm(residual));
        for (int i = 0; i < Length; i++) Assert.AreEqual(dy[i] + residual[i], whole[i], 1e-5f);
    }

    [TestMethod]
    public void Gradient_ThroughFiftyBlocks_LivesOnlyWithShortcuts()
    {
        (float[] x, float[] dy) = (Draw(1, 0, 1), Draw(2, -1, 1));

        double one = Norm(InputGradient(Stack(1, 0.3, hasShortcuts: true), x, dy));
        double residual = Norm(InputGradient(Stack(50, 0.3, hasShortcuts: true), x, dy));
        double plain = Norm(InputGradient(Stack(50, 0.3, hasShortcuts: false), x, dy));

        Assert.IsGreaterThan(one / 10, residual);
        Assert.IsLessThan(one * 10, residual);
        Assert.IsLessThan(one * 1e-6, plain);
    }

    // Published: https://pytorch.org/vision/stable/models.html, table of classification weights.
    [TestMethod]
    [DataRow("resnet18", 11_689_512L)]
    [DataRow("resnet34", 21_797_672L)]
    [DataRow("resnet50", 25_557_032L)]
    [DataRow("resnet101", 44_549_160L)]
    [DataRow("resnet152", 60_192_808L)]
    public void ParameterCount_WithAHeadOfAThousandClasses_IsThePublishedOne(string name, long expected)
    {
        ResNetArchitecture architecture = ResNetArchitecture.All.Single(one => one.Name == name);

        long count = architecture.ParameterCount + ((architecture.FeatureCount + 1) * 1000);

        Assert.AreEqual(expected, count);
    }

    private static Graph Stack(int blockCount, double scale, bool hasShortcuts)
    {
        var builder = new GraphBuilder("stack");
        GraphTensor x = builder.Input("x", new TensorShape("N", Channels, Side, Side));
        for (int i = 0; i < blockCount; i++)
        {
            ResidualBlock block = new BlockPlace(Stage: 0, Index: i, Channels, Channels, Stride: 1).Block(BlockKind.Basic);
            int seed = i;
            x = hasShortcuts
                ? builder.AddResidual(block, x, (layer, input) => builder.Convolution(layer, input, Weights(layer, scale, seed)))
                : Plain(builder, block, x, layer => Weights(layer, scale, seed));
        }

        builder.Output(x);
        return builder.Build();
    }

    private static GraphTensor Plain(GraphBuilder builder, ResidualBlock block, GraphTensor x, Func<ConvolutionLayer, FoldedConvolution> weights)
    {
        foreach (ConvolutionLayer layer in block.Residual)
            x = builder.Node($"{layer.Name}.relu").Relu(builder.Convolution(layer, x, weights(layer)));
        return x;
    }

    private static FoldedConvolution Weights(ConvolutionLayer layer, double scale, int seed)
    {
        var random = new Random((seed * 100) + layer.Name[^1]);
        double bound = scale * Math.Sqrt(6.0 / (layer.Channels.Input * layer.KernelSize * layer.KernelSize));
        float[] kernel = [.. Enumerable.Range(0, (int)layer.KernelShape.Aggregate((a, b) => a * b)).Select(_ => (float)(bound * ((2 * random.NextDouble()) - 1)))];
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(kernel.AsSpan()).ToArray();
        return new FoldedConvolution(bytes, new float[layer.Channels.Output]);
    }

    private static float[] InputGradient(Graph network, float[] x, float[] dy) => InputGradient(network, network.Outputs[0].Name, x, dy);

    private static float[] InputGradient(Graph network, string output, float[] x, float[] dy)
    {
        Graph part = network.Between([], output);
        var builder = new GraphBuilder("gradient");
        var tape = new Tape(part, builder, new BatchMajorFormulation(1), usesBatchStatistics: false);
        tape.SetValue("x", builder.Input("x", new TensorShape(1, Channels, Side, Side)), needsGradient: true);
        tape.Forward();
        tape.Backward(output, builder.Input("dy", new TensorShape(1, Channels, Side, Side)));
        GraphTensor dx = tape.Gradient("x")!;
        builder.Output(dx);
        long[] shape = [1, Channels, Side, Side];
        return NetworkRun.Run(OnnxModel.Write(builder.Build()), dx.Name, ("x", x, shape), ("dy", dy, shape)).Values;
    }

    private static float[] Run(Graph network, string output, float[] x) =>
        NetworkRun.Run(OnnxModel.Write(network), output, ("x", x, [1, Channels, Side, Side])).Values;

    private static float[] Draw(int seed, double low, double high)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Length).Select(_ => (float)(low + ((high - low) * random.NextDouble())))];
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
