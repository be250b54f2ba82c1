using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Networks;

[TestClass]
public sealed class BatchNormalizationTests
{
    private const float Tolerance = 1e-6f;

    [TestMethod]
    public void FoldInto_AnyNormalization_GivesWhatConvolvingAndNormalizingGive()
    {
        float[] kernel = [0.5f, -2, 3, 0.25f];
        var norm = new BatchNormalization([1.5f, -0.5f], [0.1f, 0.2f], [0.3f, -0.4f], [2, 0.5f]);
        float[] x = [0.7f, -1.1f];
        float[] expected = new float[2];
        for (int channel = 0; channel < 2; channel++)
        {
            double z = (kernel[2 * channel] * x[0]) + (kernel[(2 * channel) + 1] * x[1]);
            double normalized = (z - norm.Mean[channel]) / Math.Sqrt(norm.Variance[channel] + 1e-5);
            expected[channel] = (float)((norm.Gamma[channel] * normalized) + norm.Beta[channel]);
        }

        float[] bias = norm.FoldInto(kernel);

        for (int channel = 0; channel < 2; channel++)
            Assert.AreEqual(expected[channel], (kernel[2 * channel] * x[0]) + (kernel[(2 * channel) + 1] * x[1]) + bias[channel], Tolerance);
    }

    [TestMethod]
    public void FoldInto_FoldedAlready_ChangesNoBit()
    {
        float[] kernel = [.. Enumerable.Range(0, 1000).Select(i => MathF.Sin(i))];
        float[] original = [.. kernel];
        var norm = new BatchNormalization([1], [0.37f], [0], [1 - 1e-5f]);

        float[] bias = norm.FoldInto(kernel);

        CollectionAssert.AreEqual(original, kernel);
        CollectionAssert.AreEqual(new[] { 0.37f }, bias);
    }
}
