using ImageTrainer.Featurizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.Heads;

[TestClass]
public class HeadFitTests
{
    [TestMethod]
    public void Logits_RandomHead_AreTheSumsInDoublePrecision()
    {
        const float Tolerance = 1e-5f;
        (int rowCount, int columnCount, int classCount) = (9, 37, 4);
        var random = new Random(1);
        float[] features = RandomValues(random, rowCount * columnCount);
        float[] weights = RandomValues(random, classCount * columnCount);
        float[] biases = RandomValues(random, classCount);

        float[] logits = new HeadFit(weights, biases, L2: 1, FoldCount: 0, HeldOutLogits: null, [], [])
            .Logits(new FeatureMatrix(features, rowCount, columnCount));

        Assert.HasCount(rowCount * classCount, logits);
        for (int i = 0; i < logits.Length; i++)
        {
            (int row, int k) = Math.DivRem(i, classCount);
            double expected = biases[k];
            for (int d = 0; d < columnCount; d++)
                expected += (double)features[(row * columnCount) + d] * weights[(k * columnCount) + d];
            Assert.AreEqual(expected, logits[i], Tolerance);
        }
    }

    private static float[] RandomValues(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
}
