using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class SampleOrderTests
{
    private static readonly string[] Labels = [.. Enumerable.Repeat("a", 20).Concat(Enumerable.Repeat("b", 7)).Append("c")];

    [TestMethod]
    public void Draw_UnevenClasses_TakesHalfOfEachInTurn()
    {
        int[] order = SampleOrder.Draw(Labels, seed: 1);

        CollectionAssert.AreEqual(
            new[] { "a", "b", "a", "b", "a", "b", "a", "a", "a", "a", "a", "a", "a" }, order.Select(index => Labels[index]).ToArray());
        CollectionAssert.AllItemsAreUnique(order);
    }

    [TestMethod]
    public void Draw_Seeds_DecideWhichImages()
    {
        CollectionAssert.AreEqual(SampleOrder.Draw(Labels, seed: 1), SampleOrder.Draw(Labels, seed: 1));
        CollectionAssert.AreNotEqual(SampleOrder.Draw(Labels, seed: 1), SampleOrder.Draw(Labels, seed: 2));
    }
}
