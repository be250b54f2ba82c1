using ImageTrainer.Training;

namespace ImageTrainer.Tests.Training;

[TestClass]
public sealed class SplittableRandomTests
{
    [TestMethod]
    public void Fork_AfterAnyNumberOfDraws_StartsTheSameNumbers()
    {
        var untouched = new SplittableRandom(7, "ok", 3);
        var used = new SplittableRandom(7, "ok", 3);
        used.Next();
        used.Normal();

        float[] expected = Take(untouched.Fork("part"), 10);
        float[] actual = Take(used.Fork("part"), 10);

        CollectionAssert.AreEqual(expected, actual);
        CollectionAssert.AreNotEqual(expected, Take(untouched.Fork("other"), 10));
    }

    [TestMethod]
    public void Normal_ManyNumbers_HasMeanZeroAndDeviationOne()
    {
        var random = new SplittableRandom(1, "ok", 0);

        float[] numbers = [.. Enumerable.Range(0, 100_000).Select(_ => random.Normal())];

        double mean = numbers.Average();
        Assert.AreEqual(0, mean, 0.02);
        Assert.AreEqual(1, Math.Sqrt(numbers.Average(number => (number - mean) * (number - mean))), 0.02);
    }

    [TestMethod]
    public void Count_ManyNumbers_TakesBothEndsAndNothingBeyond()
    {
        var random = new SplittableRandom(1, "ok", 0);

        int[] counts = [.. Enumerable.Range(0, 1_000).Select(_ => random.Count(2, 5)).Distinct().Order()];

        CollectionAssert.AreEqual(new[] { 2, 3, 4, 5 }, counts);
    }

    private static float[] Take(SplittableRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next())];
}
