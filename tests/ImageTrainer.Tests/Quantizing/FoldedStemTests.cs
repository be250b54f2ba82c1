using ImageTrainer.Graphs;
using ImageTrainer.Quantizing;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class FoldedStemTests
{
    // The same products in another order: a few units in the last place of sums of 147.
    private const float Tolerance = 1e-4f;

    [TestMethod]
    [DataRow(64)]
    [DataRow(70)]
    public void Fold_EvenSides_ComputesTheSameFeatures(int side)
    {
        Graph plain = TinyModel.LoadBackbone(side).Graph;

        Graph folded = FoldedStem.Fold(plain);

        Assert.AreEqual("SpaceToDepth", folded.Nodes[2].Operator);
        float[] expected = Run(plain, side), actual = Run(folded, side);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], Tolerance * (1 + Math.Abs(expected[i])));
    }

    [TestMethod]
    public void Fold_OddSide_LeavesTheNetworkAsItIs()
    {
        Graph plain = TinyModel.LoadBackbone(65).Graph;

        Assert.AreSame(plain, FoldedStem.Fold(plain));
    }

    private static float[] Run(Graph graph, int side)
    {
        var random = new Random(5);
        float[] pixels = [.. Enumerable.Range(0, 2 * 3 * side * side).Select(_ => (float)random.Next(256))];
        return NetworkRun.Run(OnnxModel.Write(graph), "Features", ("Pixels", pixels, [2, 3, side, side])).Values;
    }
}
