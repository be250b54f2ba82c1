using ImageTrainer.Cli.SampleData;

namespace ImageTrainer.Tests.SampleData;

[TestClass]
public sealed class ValueNoiseTests
{
    [TestMethod]
    public void Fractal_AlongALine_StaysInRangeAndNeverJumps()
    {
        var noise = new ValueNoise(5);

        float[] values = [.. Enumerable.Range(-20_000, 40_000).Select(i => noise.Fractal(i * 0.001f, i * -0.0007f, 3))];

        Assert.IsTrue(values.All(value => value is >= -1 and <= 1));
        Assert.IsGreaterThan(0.5f, values.Max() - values.Min());
        Assert.IsLessThan(0.02f, values.Zip(values.Skip(1), (left, right) => Math.Abs(left - right)).Max());
    }

    [TestMethod]
    public void At_OtherSeed_GivesOtherNoise()
    {
        float first = new ValueNoise(5).At(3.2f, 8.9f);

        float second = new ValueNoise(6).At(3.2f, 8.9f);

        Assert.AreNotEqual(first, second);
    }
}
