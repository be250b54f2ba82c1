using ImageTrainer.Cli.Runs;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class MetricsReportTests
{
    [TestMethod]
    [DataRow(1, 0.6, DisplayName = "The epoch that is kept")]
    [DataRow(0, 0.4, DisplayName = "The frozen network is kept: the epoch of the lowest loss")]
    public void Report_FineTuning_ComparesTheFrozenNetworkWith(int bestEpoch, double expected)
    {
        FineTuningResult result = new(FineTuneStages.Stage4, Epoch(0, 0.5), [Epoch(1, 0.6), Epoch(2, 0.4)], bestEpoch, FineTuningEnding.Completed, 40, 10);

        FineTuningReport report = FineTuningReport.Of(result);

        Assert.AreEqual((0.5, expected), (report.Frozen.LogLoss, report.FineTuned.LogLoss));
    }

    private static FineTuningEpoch Epoch(int number, double loss) => new(number, 1, 0.5, loss, 0.5, 0.001, 10, IsBest: false);
}
