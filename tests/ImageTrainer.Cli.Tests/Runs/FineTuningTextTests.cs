using ImageTrainer.Cli.Runs;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Runs;

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
            FineTuningText.Conclusion(result, hasOwnValidation: false));
    }

    [TestMethod]
    [DataRow(false, " It has learned from 40 images; the frozen network's head had all 50.")]
    [DataRow(true, "")]
    public void Conclusion_OutOfTime_SaysWhatItHasLearnedFrom(bool hasOwnValidation, string expected)
    {
        FineTuningResult result = new(FineTuneStages.Stage4, Epoch(0), Epochs(2), BestEpoch: 2, FineTuningEnding.OutOfTime, 40, 10);

        Assert.EndsWith($"frozen network loss 1.0000, accuracy 0.500).{expected}", FineTuningText.Conclusion(result, hasOwnValidation));
    }

    [TestMethod]
    [DataRow(true, "accuracy 0.500 (best); rate")]
    [DataRow(false, "accuracy 0.500 (best epoch, behind the frozen network); rate")]
    public void Of_BestEpoch_IsNotTheBestWhereTheFrozenNetworkIsBetter(bool beatsFrozen, string expected) =>
        Assert.Contains(expected, FineTuningText.Of(Epoch(1) with { IsBest = true }, 10, beatsFrozen, left: null));

    [TestMethod]
    [DataRow(60, 20, "reaches about 3 of 10 epochs; more take more time.")]
    [DataRow(60, 90, "reaches less than one of 10 epochs; give more time with --time-budget, or leave --fine-tune out.")]
    public void Reach_BudgetShorterThanTheEpochs_SaysHowMany(int budgetSeconds, int epochSeconds, string expected)
    {
        var options = new FineTuningOptions { EpochCount = 10, TimeBudget = TimeSpan.FromSeconds(budgetSeconds) };

        Assert.AreEqual($"The time budget of 0:01:00 {expected}", FineTuningText.Reach(options, TimeSpan.FromSeconds(epochSeconds)));
        Assert.IsNull(FineTuningText.Reach(options, TimeSpan.FromSeconds(budgetSeconds / 10)));
    }

    private static FineTuningEpoch[] Epochs(int count) => [.. Enumerable.Range(1, count).Select(Epoch)];

    private static FineTuningEpoch Epoch(int number) => new(number, 1, 0.5, 1, 0.5, 0.001, 10, IsBest: false);
}
