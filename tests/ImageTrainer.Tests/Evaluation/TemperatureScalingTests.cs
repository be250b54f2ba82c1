using ImageTrainer.Evaluation;

namespace ImageTrainer.Tests.Evaluation;

[TestClass]
public class TemperatureScalingTests
{
    [TestMethod]
    [DataRow(0.4)]
    [DataRow(1.0)]
    [DataRow(3.0)]
    public void Fit_LogitsScaledBy_RecoversTheScale(double scale)
    {
        (float[] logits, int[] labels) = Calibrated(20_000, 4, seed: 1);
        float[] scaled = [.. logits.Select(logit => (float)(logit * scale))];

        double temperature = TemperatureScaling.Fit(scaled, labels, 4);

        Assert.AreEqual(scale, temperature, 0.05 * scale);
    }

    [TestMethod]
    public void Fit_TwoImages_MatchesTheOptimumByHand()
    {
        // One right and one wrong at logits (2, 0): per ln T = u, b = exp(-u), the objective is ln(1 + exp(-2b)) + b + u^2 after
        // summing halves; its derivative -b (1 - 2 / (1 + exp(2b))) + 2u is 0 at u = 0.34 or so.
        float[] logits = [2, 0, 2, 0];

        double temperature = TemperatureScaling.Fit(logits, [0, 1], 2);

        double u = Math.Log(temperature);
        double b = 1 / temperature;
        Assert.AreEqual(0, (-b * (1 - (2 / (1 + Math.Exp(2 * b))))) + (2 * u), 1e-3);
    }

    [TestMethod]
    public void Fit_AllCorrect_StaysAwayFromTheBound()
    {
        (float[] logits, int[] labels) = ([3, 0, 0, 3, 3, 0, 0, 3], [0, 1, 0, 1]);

        double temperature = TemperatureScaling.Fit(logits, labels, 2);

        Assert.IsGreaterThan(0.5, temperature);
        Assert.IsLessThan(1.0, temperature);
    }

    [TestMethod]
    public void Fit_AllWrong_StaysWithinBounds()
    {
        int[] labels = new int[1000];
        float[] logits = [.. Enumerable.Range(0, 2000).Select(i => i % 2 * 1000f)];

        double temperature = TemperatureScaling.Fit(logits, labels, 2);

        Assert.AreEqual(TemperatureScaling.MaxTemperature, temperature, 1e-3);
    }

    [TestMethod]
    public void Fit_NoImages_GivesOne()
    {
        Assert.AreEqual(1, TemperatureScaling.Fit([], [], 3));
    }

    [TestMethod]
    public void Fit_Weights_CountAsThatManyImages()
    {
        double weighted = TemperatureScaling.Fit([3, 0, 0, 1, 2, 0, 5, 0], [0, 1, 1, 0], 2, [1, 3, 2, 0]);
        double repeated = TemperatureScaling.Fit([3, 0, 0, 1, 0, 1, 0, 1, 2, 0, 2, 0], [0, 1, 1, 1, 1, 1], 2);

        Assert.AreEqual(repeated, weighted, 1e-6);
        Assert.AreEqual(1, TemperatureScaling.Fit([3, 0], [1], 2, [0]));
    }

    [TestMethod]
    public void LogLoss_ByHand_Agrees()
    {
        double loss = TemperatureScaling.LogLoss([2, 0, 0, 0], [0, 1], 2, temperature: 2);

        Assert.AreEqual((Math.Log(1 + Math.Exp(-1)) + Math.Log(2)) / 2, loss, 1e-12);
    }

    [TestMethod]
    public void Fit_LengthsThatDisagree_ThrowsArgumentException()
    {
        Assert.ThrowsExactly<ArgumentException>(() => TemperatureScaling.Fit([1, 2, 3], [0, 1], 2));
        Assert.ThrowsExactly<ArgumentException>(() => TemperatureScaling.Fit([1, 2], [2], 2));
    }

    /// <summary>Labels drawn from the softmax of random logits: T = 1 is right for them.</summary>
    private static (float[] Logits, int[] Labels) Calibrated(int count, int classCount, int seed)
    {
        var random = new Random(seed);
        float[] logits = [.. Enumerable.Range(0, count * classCount).Select(_ => (float)((random.NextDouble() * 6) - 3))];
        int[] labels = new int[count];
        for (int row = 0; row < count; row++)
        {
            double[] weights = [.. logits.Skip(row * classCount).Take(classCount).Select(logit => Math.Exp(logit))];
            double left = random.NextDouble() * weights.Sum();
            while (labels[row] < classCount - 1 && (left -= weights[labels[row]]) > 0)
                labels[row]++;
        }

        return (logits, labels);
    }
}
