using ImageTrainer.Cli.Terminal;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Terminal;

[TestClass]
public sealed class ImageCounterTests
{
    [TestMethod]
    [DataRow(100, 3.0, "Featurizing: 100/100 images, 100 from the cache, 3.0 s")]
    [DataRow(60, 2.0, "Featurizing: 100/100 images, 60 from the cache, 2.0 s (20.0/s)")]
    [DataRow(0, 4.0, "Featurizing: 100/100 images, 4.0 s (25.0/s)")]
    [DataRow(0, 0.1, "Featurizing: 100/100 images, 0.1 s")]
    public void Report_Done_HasTheRateOfWhatWasComputed(int cachedCount, double seconds, string expected)
    {
        var clock = new ManualClock();
        using var said = new StringWriter();
        using var log = new RunLog(said, clock);

        StepDisplay.Run(log, clock, display =>
        {
            var counter = new ImageCounter("Featurizing", display, clock);
            clock.Advance(seconds);
            counter.Report(new FeaturizingProgress(100, 100, cachedCount, BadCount: 0));
            return 0;
        });

        Assert.AreEqual(expected, said.ToString().Trim());
    }
}
