using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class RangeSearchTests
{
    // The search knows its values to within a bin and tries steps of a sixty-fourth of the range.
    private const double NearlyBest = 1.05;

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(2, true)]
    [DataRow(3, false)]
    [DataRow(4, true)]
    public void Find_LongTails_IsNearlyAsGoodAsTryingEveryRange(int seed, bool isSigned)
    {
        float[] values = LongTailed(seed, isSigned);
        var histogram = new ActivationHistogram();
        histogram.Add(values, planeLength: 1);

        ActivationRange found = RangeSearch.Find(histogram);

        double best = EveryRange(values).Min(range => SlowError(values, range));
        Assert.IsLessThanOrEqualTo(NearlyBest * best, SlowError(values, found.Range));
        double power = values.Average(value => (double)value * value);
        Assert.AreEqual(Math.Sqrt(SlowError(values, found.Range) / power), found.Error, 0.1 * found.Error);
    }

    [TestMethod]
    public void Find_NothingBelowZero_StartsAtZero()
    {
        var histogram = new ActivationHistogram();
        histogram.Add(LongTailed(5, isSigned: false), planeLength: 1);

        Assert.AreEqual(0, RangeSearch.Find(histogram).Range.ZeroPoint);
    }

    [TestMethod]
    [DataRow(new float[0])]
    [DataRow(new[] { 0f, 0f })]
    [DataRow(new[] { float.NaN })]
    [DataRow(new[] { 1e-42f })]
    public void Find_NothingToGoBy_GivesARangeThatCanBeUsed(float[] values)
    {
        var histogram = new ActivationHistogram();
        histogram.Add(values, planeLength: 1);

        Assert.AreEqual(new QuantizationRange(1, 0), RangeSearch.Find(histogram).Range);
    }

    private static float[] LongTailed(int seed, bool isSigned)
    {
        var random = new Random(seed);
        float[] values = new float[4000];
        for (int i = 0; i < values.Length; i++)
        {
            double size = -Math.Log(1 - random.NextDouble()) * (random.Next(100) == 0 ? 6 : 1);
            values[i] = (float)(random.Next(2) == 0 ? (isSigned ? -size / 2 : 0) : size);
        }

        return values;
    }

    private static IEnumerable<QuantizationRange> EveryRange(float[] values)
    {
        (double low, double high) = (Math.Min(0, values.Min()), values.Max());
        for (int i = 2; i <= 50; i++)
        {
            for (int j = low < 0 ? 2 : 50; j <= 50; j++)
                yield return QuantizationRange.Between(low * j / 50, high * i / 50);
        }
    }

    private static double SlowError(float[] values, QuantizationRange range) => values.Average(value =>
    {
        double integer = Math.Clamp(Math.Round(value / range.Scale) + range.ZeroPoint, 0, 255);
        double back = (integer - range.ZeroPoint) * range.Scale;
        return (value - back) * (value - back);
    });
}
