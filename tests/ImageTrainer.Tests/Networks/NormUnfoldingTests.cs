using ImageTrainer.Graphs;
using ImageTrainer.Networks;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Networks;

[TestClass]
public sealed class NormUnfoldingTests
{
    private const int Channels = 3;
    private const int Side = 4;

    // A scale of 0 has silenced a channel for good; a negative one turns its sign.
    private static readonly BatchNormalization Norm = new([1.5f, -0.5f, 0], [0.1f, 0.2f, 0.7f], [0.3f, -0.4f, 0], [2, 0.5f, 1]);

    [TestMethod]
    public void Unfold_FoldedConvolution_ComputesTheSame()
    {
        Graph folded = Folded();
        float[] x = Draw(Channels * Side * Side);

        Graph unfolded = NormUnfolding.Unfold(folded, Norms);

        CollectionAssert.AreEqual(new[] { "Conv", "BatchNormalization", "Relu" }, unfolded.Nodes.Select(node => node.Operator).ToArray());
        AssertClose(Run(folded, x), Run(unfolded, x));
    }

    [TestMethod]
    public void Fold_WeightsOfTheUnfoldedGraph_GivesThoseOfTheFoldedOne()
    {
        Graph folded = Folded();
        Dictionary<string, float[]> expected = Values(folded);

        IReadOnlyDictionary<string, float[]> actual = NormUnfolding.Fold(Values(NormUnfolding.Unfold(folded, Norms)));

        AssertClose(expected["layer.weight"], actual["layer.weight"]);
        AssertClose(expected["layer.bias"], actual["layer.bias"]);
    }

    [TestMethod]
    public void Fold_NothingUnfolded_ChangesNothing()
    {
        Dictionary<string, float[]> weights = Values(Folded());

        CollectionAssert.AreEquivalent(weights, NormUnfolding.Fold(weights).ToDictionary());
    }

    private static Dictionary<string, BatchNormalization> Norms => new() { ["layer.weight"] = Norm };

    private static Graph Folded()
    {
        var layer = new ConvolutionLayer("layer", "conv", "bn", (Channels, Channels), 3, 1);
        float[] kernel = Draw(Channels * Channels * 9);
        float[] bias = Norm.FoldInto(kernel);
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(kernel.AsSpan()).ToArray();
        var builder = new GraphBuilder("folded");
        GraphTensor x = builder.Input("x", new TensorShape(1, Channels, Side, Side));
        builder.Output(builder.Node("y").Relu(builder.Convolution(layer, x, new FoldedConvolution(bytes, bias))));
        return builder.Build();
    }

    private static float[] Run(Graph graph, float[] x) => NetworkRun.Run(OnnxModel.Write(graph), "y", ("x", x, [1, Channels, Side, Side])).Values;

    private static Dictionary<string, float[]> Values(Graph graph) =>
        graph.Initializers.ToDictionary(initializer => initializer.Name, initializer => initializer.Floats.ToArray());

    private static float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(1.7f * i))];

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-5f);
    }
}
