using ImageTrainer.Cli.Reporting;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Reporting;

[TestClass]
public sealed class FineTuningTextTests
{
    [TestMethod]
    [DataRow(2, null, false, "in epoch 3")]
    [DataRow(10, null, false, "after epoch 10")]
    [DataRow(10, 0, false, "in epoch 1 of training on all images")]
    [DataRow(10, 4, false, "in epoch 5 of training on all images")]
    [DataRow(10, 10, true, "after training on all images")]
    public void Moment_Cancelled_SaysWhere(int epochCount, int? countOnAll, bool isTrainedOnAll, string expected)
    {
        FineTuningResult result = new(FineTuneStages.Stage4, Epoch(0), Epochs(epochCount), BestEpoch: 1, FineTuningEnding.Cancelled, 40, 10)
        {
            EpochsOnAll = countOnAll is { } count ? Epochs(count) : null,
            IsTrainedOnAll = isTrainedOnAll,
        };

        Assert.AreEqual(expected, FineTuningText.Moment(result, epochCount: 10));
    }

    [TestMethod]
    public void Conclusion_NotBegun_NamesNoEpochs()
    {
        FineTuningResult result = new(FineTuneStages.Stage4, Epoch(0), [], BestEpoch: 0, FineTuningEnding.NothingToValidateOn, 4, 0);

        Assert.AreEqual(
            "Fine-tuning not begun, for there are too few images to hold any out: the model has the frozen network with its fitted head.",
            FineTuningText.Conclusion(result));
    }

    private static FineTuningEpoch[] Epochs(int count) => [.. Enumerable.Range(1, count).Select(Epoch)];

    private static FineTuningEpoch Epoch(int number) => new(number, 1, 0.5, 1, 0.5, 0.001, 10, IsBest: false);
}
