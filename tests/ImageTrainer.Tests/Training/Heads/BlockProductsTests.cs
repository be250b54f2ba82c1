using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.Heads;

[TestClass]
public class BlockProductsTests
{
    private const double Tolerance = 1e-4;

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(4, 2)]
    [DataRow(7, 5)]
    [DataRow(9, 10)]
    public void Multiply_AnyShape_MatchesPlainLoops(int rowCount, int classCount)
    {
        const int Width = 192;
        (float[] rows, float[] weights) = (Values(rowCount * Width, 1), Values(classCount * Width, 2));
        float[] scores = new float[rowCount * classCount];

        BlockProducts.Multiply(rows, weights, Width, scores);

        for (int i = 0; i < scores.Length; i++)
        {
            (int row, int k) = (i / classCount, i % classCount);
            double expected = Enumerable.Range(0, Width).Sum(d => (double)rows[(row * Width) + d] * weights[(k * Width) + d]);
            Assert.AreEqual(expected, scores[i], Tolerance);
        }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(4, 4)]
    [DataRow(7, 5)]
    [DataRow(9, 11)]
    public void AddTransposedProduct_AnyShape_MatchesPlainLoops(int rowCount, int classCount)
    {
        const int Width = 192;
        (float[] rows, float[] factors, float[] sums) = (Values(rowCount * Width, 1), Values(rowCount * classCount, 2), Values(classCount * Width, 3));
        float[] before = (float[])sums.Clone();

        BlockProducts.AddTransposedProduct(factors, rows, Width, sums);

        for (int i = 0; i < sums.Length; i++)
        {
            (int k, int d) = (i / Width, i % Width);
            double expected = before[i] + Enumerable.Range(0, rowCount).Sum(row => (double)factors[(row * classCount) + k] * rows[(row * Width) + d]);
            Assert.AreEqual(expected, sums[i], Tolerance);
        }
    }

    [TestMethod]
    [DataRow(1, 64)]
    [DataRow(64, 64)]
    [DataRow(65, 128)]
    [DataRow(2048, 2048)]
    public void PaddedWidth_AnyWidth_RoundsUpToWholeTiles(int width, int expected)
    {
        Assert.AreEqual(expected, BlockProducts.PaddedWidth(width));
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}
