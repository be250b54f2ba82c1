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
    public void GroupCounts_CopiesOfOnePhoto_CountOnce()
    {
        int[] counts = StratifiedFolds.GroupCounts([0, 0, 0, 1, 1, 1], 3, [1, 2, 3, 4, 4, 5]);

        CollectionAssert.AreEqual(new[] { 3, 2, 0 }, counts);
    }

    [TestMethod]
    public void Assign_ClassOfOneGroup_IsInNoFold()
    {
        int[] folds = StratifiedFolds.Assign([0, 0, 0, 1, 1, 2, 2], [1, 2, 3, 4, 5, 6, 6], 3, seed: 1);

        CollectionAssert.AreEqual(new[] { StratifiedFolds.None, StratifiedFolds.None }, folds[5..]);
        CollectionAssert.AreEquivalent(new[] { 0, 1, 2 }, folds[..3]);
        Assert.AreNotEqual(folds[3], folds[4]);
    }
}
