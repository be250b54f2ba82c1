using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Tests.Terminal;

[TestClass]
public sealed class ProgressMeterTests
{
    [TestMethod]
    public void Describe_FirstSecond_SaysNothing()
    {
        var clock = new ManualClock();
        var meter = new ProgressMeter(clock);

        string atOnce = meter.Describe(8, 92);
        clock.Advance(0.9);
        string soon = meter.Describe(20, 80);

        Assert.AreEqual("", atOnce);
        Assert.AreEqual("", soon);
    }

    [TestMethod]
    public void Describe_BatchesThatEndTogether_AreNotTakenForTheRate()
    {
        var clock = new ManualClock();
        var meter = new ProgressMeter(clock);
        for (int done = 1; done <= 8; done++) meter.Describe(done, 100 - done);

        clock.Advance(2);
        string early = meter.Describe(9, 91);
        string text = meter.Describe(16, 84);

        Assert.AreEqual("", early);
        Assert.AreEqual("4.0/s, 0:21 left", text);
    }

    [TestMethod]
    [DataRow(1, 59, "1.0/s, 0:59 left")]
    [DataRow(1, 61, "1.0/s, 1:01 left")]
    [DataRow(1, 3599, "1.0/s, 59:59 left")]
    [DataRow(1, 3600, "1.0/s, 1:00:00 left")]
    [DataRow(1, 90_061, "1.0/s, 25:01:01 left")]
    [DataRow(2, 0, "2.0/s, 0:00 left")]
    public void Describe_Left_IsAClock(int rate, int left, string expected)
    {
        var clock = new ManualClock();
        var meter = new ProgressMeter(clock);
        meter.Describe(0, left);

        clock.Advance(10);

        Assert.AreEqual(expected, meter.Describe(10 * rate, left));
    }

    [TestMethod]
    public void Describe_NothingDone_SaysNothing()
    {
        var clock = new ManualClock();
        var meter = new ProgressMeter(clock);
        meter.Describe(0, 100);

        clock.Advance(60);

        Assert.AreEqual("", meter.Describe(0, 100));
    }
}
