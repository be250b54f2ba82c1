using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Networks;
using ImageTrainer.Training;

namespace ImageTrainer.Tests.Training;

[TestClass]
public sealed class ServedScoresTests
{
    private const float Tolerance = 1e-6f;

    [TestMethod]
    public void Compute_ByHand_DividesByTheTemperatureFirst()
    {
        // Logits (0, 2 ln 3) and (5, 5) at temperature 2.
        var head = new LinearLayer(Weights: [0, 0, 2 * MathF.Log(3), 0], Biases: [0, 0]);
        var features = new FeatureMatrix([1, 7, 0, 7], rowCount: 2, columnCount: 2);

        float[] scores = ServedScores.Compute(head, temperature: 2, features);

        Assert.AreEqual(0.25f, scores[0], Tolerance);
        Assert.AreEqual(0.75f, scores[1], Tolerance);
        Assert.AreEqual(0.5f, scores[2], Tolerance);
        Assert.AreEqual(0.5f, scores[3], Tolerance);
    }

    [TestMethod]
    public void Compute_HugeLogits_StayProbabilities()
    {
        var head = new LinearLayer(Weights: [3e38f, 0, -3e38f], Biases: [0, 0, 0]);

        CollectionAssert.AreEqual(new float[] { 1, 0, 0 }, ServedScores.Compute(head, temperature: 1, new FeatureMatrix([1], 1, 1)));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    public void Compute_AnyNumberOfRows_GivesEachTheSameScores(int rowCount)
    {
        var random = new Random(2);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
        var head = new LinearLayer(Draw(5 * 64), Draw(5));
        float[] values = Draw(9 * 64);

        float[] all = ServedScores.Compute(head, 1.3f, new FeatureMatrix(values, 9, 64));
        float[] some = ServedScores.Compute(head, 1.3f, new FeatureMatrix(values[..(rowCount * 64)], rowCount, 64));

        CollectionAssert.AreEqual(all[..(rowCount * 5)], some);
    }
}
