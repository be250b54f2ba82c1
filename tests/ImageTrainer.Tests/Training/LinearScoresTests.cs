using ImageTrainer.Featurizing;
using ImageTrainer.Training;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training;

[TestClass]
public class LinearScoresTests
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

        float[] logits = LinearScores.Logits(
            new HeadFit(weights, biases, L2: 1, FoldCount: 0, HeldOutLogits: null, [], []), new FeatureMatrix(features, rowCount, columnCount));

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

    [TestMethod]
    public void ToProbabilities_ByHand_DividesByTheTemperatureFirst()
    {
        float[] scores = [0, 2 * MathF.Log(3), 5, 5];

        LinearScores.ToProbabilities(scores, classCount: 2, temperature: 2);

        Assert.AreEqual(0.25f, scores[0], 1e-6f);
        Assert.AreEqual(0.75f, scores[1], 1e-6f);
        Assert.AreEqual(0.5f, scores[2], 1e-6f);
        Assert.AreEqual(0.5f, scores[3], 1e-6f);
    }

    [TestMethod]
    public void ToProbabilities_HugeLogits_StayProbabilities()
    {
        float[] scores = [3e38f, 0, -3e38f];

        LinearScores.ToProbabilities(scores, classCount: 3, temperature: 1);

        CollectionAssert.AreEqual(new float[] { 1, 0, 0 }, scores);
    }

    private static float[] RandomValues(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
}
