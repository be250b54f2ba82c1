namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionTests
{
    private static readonly string[] Labels = ["a", "b", "c", "d"];

    [TestMethod]
    public void PredictedLabel_OneLargest_IsItsLabel()
    {
        var prediction = new ImagePrediction([0.1f, 0.2f, 0.6f, 0.1f], Labels);

        Assert.AreEqual(("c", 2, 0.6f), (prediction.PredictedLabel, prediction.PredictedIndex, prediction.Probability));
        Assert.AreEqual("c (60.0 %)", prediction.ToString());
    }

    [TestMethod]
    public void PredictedLabel_Tie_IsTheFirstInLabelOrder()
    {
        var prediction = new ImagePrediction([0.1f, 0.4f, 0.1f, 0.4f], Labels);

        Assert.AreEqual("b", prediction.PredictedLabel);
        Assert.AreEqual("b", prediction.TopK(1)[0].Label);
    }

    [TestMethod]
    public void TopK_Ties_GivesBestFirstAndEqualsInLabelOrder()
    {
        var prediction = new ImagePrediction([0.1f, 0.4f, 0.1f, 0.4f], Labels);

        IReadOnlyList<LabelProbability> top = prediction.TopK(3);

        CollectionAssert.AreEqual(
            new LabelProbability[] { new("b", 0.4f), new("d", 0.4f), new("a", 0.1f) }, top.ToArray());
    }

    [TestMethod]
    public void TopK_MoreThanThereAre_GivesAll()
    {
        var prediction = new ImagePrediction([0.1f, 0.2f, 0.6f, 0.1f], Labels);

        IReadOnlyList<LabelProbability> top = prediction.TopK(int.MaxValue);

        Assert.AreEqual("c b a d", string.Join(' ', top.Select(label => label.Label)));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    public void TopK_LessThanOne_Throws(int count)
    {
        var prediction = new ImagePrediction([0.1f, 0.2f, 0.6f, 0.1f], Labels);

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => prediction.TopK(count));
    }
}
