using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class ActivationHistogramTests
{
    [TestMethod]
    public void Bins_FewValues_AreInOrderAndNearTheValues()
    {
        var histogram = new ActivationHistogram();

        histogram.Add([3.5f, -2, 0, -0f, 1e-3f, -2, float.NaN, float.PositiveInfinity], planeLength: 1);

        (double Value, uint Count)[] bins = [.. histogram.Bins()];
        CollectionAssert.AreEqual(new uint[] { 2, 2, 1, 1 }, bins.Select(bin => bin.Count).ToArray());
        foreach ((double expected, double actual) in new[] { -2, 0, 1e-3, 3.5 }.Zip(bins.Select(bin => bin.Value)))
            Assert.AreEqual(expected, actual, Math.Abs(expected) / 128);
    }

    [TestMethod]
    public void Add_AnotherHistogram_CountsAsIfOneHadSeenAll()
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 1000).Select(_ => (random.NextSingle() - 0.3f) * 20)];
        var whole = new ActivationHistogram();
        var first = new ActivationHistogram();
        var second = new ActivationHistogram();
        whole.Add(values, planeLength: 1);

        first.Add(values.AsSpan(700), planeLength: 1);
        second.Add(values.AsSpan(0, 700), planeLength: 1);
        first.Add(second);

        CollectionAssert.AreEqual(whole.Bins().ToArray(), first.Bins().ToArray());
    }

    [TestMethod]
    public void Add_LargeActivation_LooksAtEveryChannelAndPlace()
    {
        const int Channels = 256, Side = 56, Plane = Side * Side;
        float[] values = new float[Channels * Plane];
        for (int i = 0; i < values.Length; i++)
            values[i] = 1 << (i / Plane % 8);
        var histogram = new ActivationHistogram();

        histogram.Add(values, Plane);

        (double Value, uint Count)[] bins = [.. histogram.Bins()];
        Assert.HasCount(8, bins);
        Assert.IsLessThan(1.01, bins.Max(bin => bin.Count) / (double)bins.Min(bin => bin.Count));
        Assert.IsLessThanOrEqualTo(1L << 16, bins.Sum(bin => bin.Count));
    }
}
