using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class DatasetSourceTests
{
    [TestMethod]
    public void Load_FolderPerClass_IsAllForTraining()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        folder.Write("b/2.png", TinyPng.Of(2));

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        Assert.HasCount(2, splits.Train.Images);
        Assert.IsNull(splits.Validation);
        Assert.IsNull(splits.Test);
    }

    [TestMethod]
    [DataRow("validation")]
    [DataRow("val")]
    [DataRow("Valid")]
    public void Load_DividedFolder_KeepsThePartsApart(string validation)
    {
        using var folder = new TemporaryFolder();
        folder.Write("Train/a/1.png", TinyPng.Of(1));
        folder.Write("Train/b/x/2.png", TinyPng.Of(2));
        folder.Write($"{validation}/a/3.png", TinyPng.Of(3));
        folder.Write("test/b/4.png", TinyPng.Of(4));
        folder.Write("extra/c/5.png", TinyPng.Of(5));

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        CollectionAssert.AreEqual(new[] { "Train/a/1.png", "Train/b/x/2.png" }, splits.Train.Images.Select(image => image.RelativePath).ToArray());
        CollectionAssert.AreEqual(new[] { "a", "b" }, splits.Train.Labels.ToArray());
        Assert.AreEqual($"{validation}/a/3.png", splits.Validation!.Images.Single().RelativePath);
        Assert.AreEqual("b", splits.Test!.Images.Single().Label);
        StringAssert.StartsWith(splits.Notices.Single(), "'extra' beside train/");
        Assert.HasCount(4, splits.Combine().Images);
    }

    [TestMethod]
    public void Load_TrainFolderAlone_IsAllForTraining()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/a/1.png", TinyPng.Of(1));
        folder.Write("train/b/2.png", TinyPng.Of(2));

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        CollectionAssert.AreEqual(new[] { "a", "b" }, splits.Train.Labels.ToArray());
        Assert.IsNull(splits.Test);
    }

    [TestMethod]
    public void Load_TestFolderWithoutClassFolders_IsNotedAndLeftOut()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/a/1.png", TinyPng.Of(1));
        folder.Write("train/b/2.png", TinyPng.Of(2));
        folder.Write("test/3.png", TinyPng.Of(3));

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        Assert.IsNull(splits.Test);
        StringAssert.Contains(splits.Notices[0], "has no images in class folders and is left out");
        Assert.AreEqual("test/3.png", splits.IgnoredFiles.Single().RelativePath);
    }

    [TestMethod]
    public void Load_ClassNamedTrain_IsAClassWithANotice()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/1.png", TinyPng.Of(1));
        folder.Write("bus/2.png", TinyPng.Of(2));

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        CollectionAssert.AreEqual(new[] { "bus", "train" }, splits.Train.Labels.ToArray());
        StringAssert.StartsWith(splits.Notices.Single(), "'train' is taken for a class");
    }

    [TestMethod]
    public void Load_TwoFoldersForOnePart_AsksForOne()
    {
        using var folder = new TemporaryFolder();
        foreach (string part in new[] { "train", "val", "validation" })
            folder.Write($"{part}/a/1.png", TinyPng.Of(1));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => DatasetSource.Load(folder.Path));

        StringAssert.Contains(exception.Message, "'val', 'validation', which mean the same");
    }

    [TestMethod]
    public void Load_ListWithSplits_KeepsThePartsApart()
    {
        using var folder = new TemporaryFolder();
        foreach (int i in Enumerable.Range(1, 4))
            folder.Write($"{i}.png", TinyPng.Of(i));
        string list = folder.Write("list.csv", "path,split,label\n1.png,train,a\n2.png,Train,b\n3.png,val,a\n4.png,test,b\n");

        DatasetSplits splits = DatasetSource.Load(list);

        CollectionAssert.AreEqual(new[] { "1.png", "2.png" }, splits.Train.Images.Select(image => image.RelativePath).ToArray());
        Assert.AreEqual("3.png", splits.Validation!.Images.Single().RelativePath);
        Assert.AreEqual("4.png", splits.Test!.Images.Single().RelativePath);
        Assert.HasCount(4, ImageDataset.Load(list).Images);
    }

    [TestMethod]
    public void Load_OneClassBesideAFolderLeftOut_NamesThatAndWhy()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        Directory.CreateSymbolicLink(folder.Combine("b"), folder.Path);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => DatasetSource.Load(folder.Path));

        StringAssert.EndsWith(exception.Message, "needs two; 'b' is left out, because the link leads back to a folder that is read anyway.");
    }

    [TestMethod]
    public void Load_TestLabelUnknownToTrain_NamesIt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/cat/1.png", TinyPng.Of(1));
        folder.Write("train/dog/2.png", TinyPng.Of(2));
        folder.Write("test/Cat/3.png", TinyPng.Of(3));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => DatasetSource.Load(folder.Path));

        StringAssert.Contains(exception.Message, "has 'Cat' in test and not in train, where there are 'cat', 'dog'");
    }

    [TestMethod]
    public void Load_NothingThere_SaysSo()
    {
        using var folder = new TemporaryFolder();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => DatasetSource.Load(folder.Combine("missing")));

        StringAssert.StartsWith(exception.Message, "There is no folder and no list ");
    }

    [TestMethod]
    public void FindCopiesAcrossParts_CopiesInTestAndValidation_NamesThemByPart()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/a/1.png", TinyPng.Of(1));
        folder.Write("train/b/2.png", TinyPng.Of(2));
        folder.Write("test/a/copy.png", TinyPng.Of(1));
        folder.Write("test/b/3.png", TinyPng.Of(3));
        folder.Write("val/b/same.png", TinyPng.Of(3));
        folder.Write("val/a/4.png", TinyPng.Of(4));
        DatasetSplits splits = DatasetSource.Load(folder.Path);

        IReadOnlyList<PartCopies> copies = splits.FindCopiesAcrossParts();

        CollectionAssert.AreEqual(
            new[] { "test train test/a/copy.png", "test validation test/b/3.png" },
            copies.Select(part => $"{part.Part} {part.Other} {part.Images.Single().RelativePath}").ToArray());
    }
}
