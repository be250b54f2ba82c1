using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class ImageDatasetTests
{
    [TestMethod]
    public void TrainTestSplit_RealFiles_GivesTwoPartsWithoutAPhotoInCommon()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder, 10, 5);

        (ImageDataset train, ImageDataset test) = dataset.TrainTestSplit();

        CollectionAssert.AreEqual(new LabelCount[] { new("class0", 8), new("class1", 4) }, train.LabelCounts.ToArray());
        CollectionAssert.AreEqual(new LabelCount[] { new("class0", 2), new("class1", 1) }, test.LabelCounts.ToArray());
        CollectionAssert.AreEquivalent(dataset.Images.ToArray(), train.Images.Concat(test.Images).ToArray());
        Assert.AreEqual(dataset.Root, test.Root);
    }

    [TestMethod]
    public void TrainTestSplit_OtherSeed_ChoosesOtherPhotos()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder, 20, 20);

        ImageDataset[] tests = [dataset.TrainTestSplit(seed: 1).Test, dataset.TrainTestSplit(seed: 1).Test, dataset.TrainTestSplit(seed: 2).Test];

        CollectionAssert.AreEqual(tests[0].Images.ToArray(), tests[1].Images.ToArray());
        CollectionAssert.AreNotEqual(tests[0].Images.ToArray(), tests[2].Images.ToArray());
    }

    [TestMethod]
    public void TrainTestSplit_CopiesAndContradictions_AreReported()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        folder.Write("a/1 copy.png", TinyPng.Of(1));
        folder.Write("a/1 copy 2.png", TinyPng.Of(1));
        folder.Write("a/2.png", TinyPng.Of(2));
        folder.Write("b/3.png", TinyPng.Of(3));
        folder.Write("b/4.png", TinyPng.Of(4));
        folder.Write("b/2 too.png", TinyPng.Of(2));

        TrainTestData data = ImageDataset.FromFolder(folder.Path).TrainTestSplit(0.5);

        Assert.AreEqual(3, data.Duplicates.DuplicateCount);
        CollectionAssert.AreEqual(
            new[] { "a/2.png", "b/2 too.png" },
            data.Duplicates.Conflicts.Single().Images.Select(image => image.RelativePath).ToArray());
        CollectionAssert.IsSubsetOf(data.Duplicates.Conflicts.Single().Images.ToArray(), data.Train.Images.ToArray());
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    [DataRow(-0.1)]
    [DataRow(double.NaN)]
    public void TrainTestSplit_FractionOutOfRange_IsRefused(double testFraction)
    {
        var dataset = ImageDataset.FromImages([new LabeledImage("/1.png", "1.png", "a")]);

        ArgumentOutOfRangeException exception = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => dataset.TrainTestSplit(testFraction));

        Assert.AreEqual("testFraction", exception.ParamName);
    }

    [TestMethod]
    public void TrainTestSplit_OnePhotoPerClass_SaysThatThereIsNothingToSetAside()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder, 1, 1);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => dataset.TrainTestSplit());

        StringAssert.Contains(exception.Message, "no class has two different photos");
    }

    [TestMethod]
    public void TrainTestSplit_EveryPhotoUnderTwoLabels_SaysSo()
    {
        using var folder = new TemporaryFolder();
        foreach (string label in new[] { "a", "b" })
        {
            folder.Write($"{label}/1.png", TinyPng.Of(1));
            folder.Write($"{label}/2.png", TinyPng.Of(2));
        }

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromFolder(folder.Path).TrainTestSplit());

        StringAssert.Contains(exception.Message, "2 photos lie under two labels; keep each under one");
    }

    [TestMethod]
    public void TrainTestSplit_Cancelled_Stops()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder, 3, 3);

        Assert.ThrowsExactly<OperationCanceledException>(() => dataset.TrainTestSplit(cancellationToken: new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void ComputeFingerprint_SameSetElsewhere_IsTheSame()
    {
        using var here = new TemporaryFolder();
        using var there = new TemporaryFolder();

        string first = WriteClasses(here, 3, 2).ComputeFingerprint();
        string second = WriteClasses(there, 3, 2).ComputeFingerprint();

        Assert.AreEqual(first, second);
        StringAssert.Matches(first, new("^[0-9a-f]{64}$"));
    }

    [TestMethod]
    [DataRow("class0/0.png", "class0/0.png", 99, DisplayName = "other content")]
    [DataRow("class0/0.png", "class0/renamed.png", 0, DisplayName = "other path")]
    [DataRow("class0/0.png", "class1/0.png", 0, DisplayName = "other label")]
    [DataRow("none", "class0/added.png", 98, DisplayName = "one image more")]
    public void ComputeFingerprint_SetChanged_IsAnother(string oldName, string newName, int colour)
    {
        using var folder = new TemporaryFolder();
        string before = WriteClasses(folder, 3, 2).ComputeFingerprint();
        File.Delete(folder.Combine(oldName));
        folder.Write(newName, TinyPng.Of(colour));

        string after = ImageDataset.FromFolder(folder.Path).ComputeFingerprint();

        Assert.AreNotEqual(before, after);
    }

    [TestMethod]
    public void ComputeFingerprint_SameFilesUnderAnotherLabelInAList_IsAnother()
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        string cats = folder.Write("cats.csv", "path,label\n1.png,cat\n");
        string dogs = folder.Write("dogs.csv", "path,label\n1.png,dog\n");

        string[] fingerprints = [ImageDataset.FromList(cats).ComputeFingerprint(), ImageDataset.FromList(dogs).ComputeFingerprint()];

        Assert.AreNotEqual(fingerprints[0], fingerprints[1]);
    }

    [TestMethod]
    public void ComputeFingerprint_OtherFilesAndDatesBesideTheImages_PlayNoPart()
    {
        using var folder = new TemporaryFolder();
        string before = WriteClasses(folder, 3, 2).ComputeFingerprint();
        folder.Write("class0/notes.txt", "not an image");
        File.SetLastWriteTimeUtc(folder.Combine("class0", "0.png"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        string after = ImageDataset.FromFolder(folder.Path).ComputeFingerprint();

        Assert.AreEqual(before, after);
    }

    [TestMethod]
    public void ComputeContentHashes_OfAPart_ReadsNoFileAgain()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder, 4, 4);
        ImageDataset test = dataset.TrainTestSplit().Test;
        foreach (LabeledImage image in dataset.Images)
            File.Delete(image.Path);

        ContentHash[] hashes = test.ComputeContentHashes(CancellationToken.None);

        Assert.HasCount(test.Images.Count, hashes);
    }

    [TestMethod]
    public void LabelIndices_KnownLabels_ArePositionsInTheList()
    {
        var dataset = ImageDataset.FromImages([new("/2", "2", "dog"), new("/1", "1", "cat"), new("/3", "3", "cat")]);

        int[] indices = dataset.LabelIndices(["ape", "cat", "dog"]);

        CollectionAssert.AreEqual(new[] { 1, 2, 1 }, indices);
    }

    [TestMethod]
    public void LabelIndices_UnknownLabels_AreNamed()
    {
        var dataset = ImageDataset.FromImages([new("/1", "1", "cat"), new("/2", "2", "Dog"), new("/3", "3", "eel")]);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => dataset.LabelIndices(["cat", "dog"]));

        StringAssert.StartsWith(exception.Message, "The model does not know 'Dog', 'eel'; it knows 'cat', 'dog'.");
        CollectionAssert.AreEqual(new[] { "Dog", "eel" }, dataset.UnknownLabels(["cat", "dog"]).ToArray());
    }

    [TestMethod]
    public void FromImages_None_IsRefused()
    {
        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromImages([]));

        Assert.IsNull(exception.Path);
    }

    [TestMethod]
    public void FromImages_IncompleteImage_IsRefusedByItsNumber()
    {
        LabeledImage sound = new("/1", "1", "cat");
        (LabeledImage?, string)[] faults =
        [
            (null, "is null"), (sound with { Path = null! }, "has no path"), (sound with { RelativePath = "" }, "has no relative path"),
            (sound with { Label = null! }, "has no label"),
        ];

        foreach ((LabeledImage? image, string fault) in faults)
        {
            var refused = Assert.ThrowsExactly<ArgumentException>(() => ImageDataset.FromImages([sound, image!]));
            Assert.AreEqual("images", refused.ParamName);
            StringAssert.StartsWith(refused.Message, $"Image 1, counted from 0, {fault}.");
        }
    }

    [TestMethod]
    public void FromImages_RelativePath_IsMadeFull()
    {
        var dataset = ImageDataset.FromImages([new(Path.Combine("photos", "1.png"), "1.png", "cat")]);

        Assert.AreEqual(Path.GetFullPath(Path.Combine("photos", "1.png")), dataset.Images[0].Path);
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public void TrainTestSplit_FlowerPhotos_SetsTwentyOfEachClassAside()
    {
        var dataset = ImageDataset.FromFolder(TestData.Path("flower_photos"));

        TrainTestData data = dataset.TrainTestSplit();

        Assert.IsTrue(data.Test.LabelCounts.All(count => count.ImageCount == 20));
        Assert.HasCount(400, data.Train.Images);
        Assert.AreEqual(1, data.Duplicates.DuplicateCount);
    }

    // Class c has the colours from 1000 c on, so that no two files are the same.
    private static ImageDataset WriteClasses(TemporaryFolder folder, params int[] sizes)
    {
        foreach ((int label, int size) in sizes.Index())
        {
            for (int i = 0; i < size; i++)
                folder.Write($"class{label}/{i}.png", TinyPng.Of(1000 * label + i));
        }

        return ImageDataset.FromFolder(folder.Path);
    }
}
