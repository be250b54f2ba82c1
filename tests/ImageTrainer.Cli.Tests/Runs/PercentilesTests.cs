using ImageTrainer.Cli.Runs;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class PercentilesTests
{
    [TestMethod]
    [DataRow(0.5, 50)]
    [DataRow(0.95, 95)]
    [DataRow(0.99, 99)]
    [DataRow(1, 100)]
    [DataRow(0.001, 1)]
    public void Of_OneToHundred_IsTheNearestRank(double share, double expected)
    {
        double[] values = [.. Enumerable.Range(1, 100)];

        double actual = Percentiles.Of(values, share);

        Assert.AreEqual(expected, actual);
    }

    [TestMethod]
    [DataRow(0.5)]
    [DataRow(0.99)]
    public void Of_OneValue_IsThatValue(double share)
    {
        double actual = Percentiles.Of([7], share);

        Assert.AreEqual(7, actual);
    }
}
