using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class StratifiedSplitTests
{
    [TestMethod]
    [DataRow(0, 0.2, 0)]
    [DataRow(1, 0.9, 0)]
    [DataRow(2, 0.2, 1)]
    [DataRow(2, 0.9, 1)]
    [DataRow(7, 0.2, 1)]
    [DataRow(8, 0.2, 2)]
    [DataRow(10, 0.25, 3)]
    [DataRow(100, 0.2, 20)]
    [DataRow(100, 0.999, 99)]
    public void TestCount_ClassSize_IsNearestButAtLeastOneAndNeverAll(int photoCount, double testFraction, int expected)
    {
        int count = StratifiedSplit.TestCount(photoCount, testFraction);

        Assert.AreEqual(expected, count);
    }

    [TestMethod]
    public void ChooseTest_AnyClassSizes_StaysWithinOneOfTheShareAndLeavesEachClassOne()
    {
        Prop.ForAll(Classes(), Fractions(), ArbMap.Default.ArbFor<int>(), (classSizes, fraction, seed) =>
        {
            (LabeledImage[] images, ContentHash[] hashes) = Make(classSizes);

            bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, fraction, seed);

            return images.Zip(isTest).GroupBy(image => image.First.Label).All(images =>
            {
                int count = images.Count();
                int testCount = images.Count(image => image.Second);
                return Math.Abs(testCount - count * fraction) <= 1 && testCount < count;
            });
        }).QuickCheckThrowOnFailure();
    }

    [TestMethod]
    public void ChooseTest_OtherOrderAndNames_ChoosesTheSamePhotos()
    {
        Prop.ForAll(Classes(), ArbMap.Default.ArbFor<int>(), (classSizes, seed) =>
        {
            (LabeledImage[] images, ContentHash[] hashes) = Make(classSizes);
            int[] order = [.. Enumerable.Range(0, images.Length)];
            new Random(seed).Shuffle(order);
            LabeledImage[] renamed = [.. order.Select(i => images[i] with { Path = $"/other/{i}", RelativePath = $"{i}" })];

            bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, 0.3, seed);
            bool[] isTestRenamed = StratifiedSplit.ChooseTest(renamed, [.. order.Select(i => hashes[i])], 0.3, seed);

            return order.Select(i => isTest[i]).SequenceEqual(isTestRenamed);
        }).QuickCheckThrowOnFailure();
    }

    [TestMethod]
    public void ChooseTest_CopiesOfPhotos_StayWithThePhoto()
    {
        Prop.ForAll(Classes(), ArbMap.Default.ArbFor<int>(), (classSizes, seed) =>
        {
            (LabeledImage[] images, ContentHash[] hashes) = Make(classSizes);
            LabeledImage[] doubled = [.. images, .. images.Where((_, i) => i % 3 == 0).Select(image => image with { RelativePath = image.RelativePath + "copy" })];
            ContentHash[] doubledHashes = [.. hashes, .. hashes.Where((_, i) => i % 3 == 0)];

            bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, 0.3, seed);
            bool[] isTestDoubled = StratifiedSplit.ChooseTest(doubled, doubledHashes, 0.3, seed);

            return isTestDoubled.SequenceEqual([.. isTest, .. isTest.Where((_, i) => i % 3 == 0)]);
        }).QuickCheckThrowOnFailure();
    }

    [TestMethod]
    public void ChooseTest_PhotoUnderTwoLabels_StaysInTraining()
    {
        (LabeledImage[] images, ContentHash[] hashes) = Make([6, 6]);
        ContentHash contradiction = hashes[0];
        hashes[6] = contradiction;

        for (int seed = 0; seed < 50; seed++)
        {
            bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, 0.8, seed);

            Assert.IsFalse(isTest[0]);
            Assert.IsFalse(isTest[6]);
            Assert.AreEqual(8, isTest.Count(test => test));
        }
    }

    [TestMethod]
    public void ChooseTest_KnownPhotosAndSeed_NeverChangesItsChoice()
    {
        (LabeledImage[] images, ContentHash[] hashes) = Make([5, 5]);

        bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, 0.4, seed: 1);

        // By sha256sum of the seed's four bytes and the photo's hash, the two lowest of each class. Another choice would shuffle every user's held-out images.
        CollectionAssert.AreEqual(PinnedChoice, isTest.Index().Where(test => test.Item).Select(test => test.Index).ToArray());
    }

    [TestMethod]
    public void ChooseTest_ManySeeds_TakesEachPhotoAboutEquallyOften()
    {
        (LabeledImage[] images, ContentHash[] hashes) = Make([10]);
        int[] takenCounts = new int[10];

        for (int seed = 0; seed < 1000; seed++)
        {
            bool[] isTest = StratifiedSplit.ChooseTest(images, hashes, 0.3, seed);
            for (int i = 0; i < 10; i++)
                takenCounts[i] += isTest[i] ? 1 : 0;
        }

        // Binomial with n = 1000 and p = 0.3: five standard deviations are 72.
        Assert.IsTrue(takenCounts.All(count => Math.Abs(count - 300) < 72), string.Join(' ', takenCounts));
    }

    private static readonly int[] PinnedChoice = [2, 4, 7, 9];

    private static Arbitrary<int[]> Classes() => Gen.Choose(1, 40).NonEmptyListOf().Select(sizes => sizes.Take(8).ToArray()).ToArbitrary();

    private static Arbitrary<double> Fractions() => Gen.Choose(1, 999).Select(thousandths => thousandths / 1000.0).ToArbitrary();

    // Photo i has the content "i".
    private static (LabeledImage[] Images, ContentHash[] Hashes) Make(int[] classSizes)
    {
        LabeledImage[] images = [.. classSizes.SelectMany((size, label) => Enumerable.Range(0, size).Select(i => new LabeledImage($"/{label}/{i}", $"{label}/{i}", $"{label}")))];
        return (images, [.. images.Select((_, i) => ContentHash.Of(Encoding.UTF8.GetBytes($"{i}")))]);
    }
}
