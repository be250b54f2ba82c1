using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.Heads;

[TestClass]
public class StratifiedFoldsTests
{
    [TestMethod]
    public void Assign_UnevenClasses_SpreadsEachEvenly()
    {
        int[] labels = [.. Enumerable.Range(0, 103).Select(row => row < 70 ? 0 : row < 90 ? 1 : 2)];

        int[] folds = StratifiedFolds.Assign(labels, null, 5, seed: 1);

        for (int k = 0; k < 3; k++)
        {
            int[] counts = [.. Enumerable.Range(0, 5).Select(fold => Enumerable.Range(0, 103).Count(row => labels[row] == k && folds[row] == fold))];
            Assert.IsLessThanOrEqualTo(1, counts.Max() - counts.Min());
        }
    }

    [TestMethod]
    public void Assign_Groups_StayTogether()
    {
        int[] labels = [.. Enumerable.Range(0, 60).Select(row => row % 2)];
        long[] groups = [.. Enumerable.Range(0, 60).Select(row => (long)(row / 4))];

        int[] folds = StratifiedFolds.Assign(labels, groups, 3, seed: 1);

        for (int row = 0; row < 60; row++)
            Assert.AreEqual(folds[row / 4 * 4], folds[row]);
    }

    [TestMethod]
    public void Assign_SameSeed_RepeatsAndAnotherDoesNot()
    {
        int[] labels = new int[50];

        int[] folds = StratifiedFolds.Assign(labels, null, 5, seed: 1);

        CollectionAssert.AreEqual(folds, StratifiedFolds.Assign(labels, null, 5, seed: 1));
        CollectionAssert.AreNotEqual(folds, StratifiedFolds.Assign(labels, null, 5, seed: 2));
    }

    [TestMethod]
    public void Limit_CopiesOfOnePhoto_CountOnce()
    {
        (int foldCount, int smallest) = StratifiedFolds.Limit([0, 0, 0, 1, 1, 1], 3, [1, 2, 3, 4, 4, 5]);

        Assert.AreEqual(2, foldCount);
        Assert.AreEqual(1, smallest);
    }
}
