using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

/// <summary>Layouts of folders as published data sets have them: each is read as what it means, or refused with a sentence that names its folders.</summary>
[TestClass]
public sealed class FolderLayoutTests
{
    [TestMethod]
    [DataRow("training/{0} testing/{0}", "", "testing")]
    [DataRow("train_set/{0} test_set/{0}", "", "test_set")]
    [DataRow("seg_train/seg_train/{0} seg_test/seg_test/{0} seg_pred/seg_pred", "", "seg_test/seg_test")]
    [DataRow("Training/{0} Validation/{0}", "Validation", "")]
    [DataRow("train/{0} eval/{0}", "", "eval")]
    [DataRow("train/{0} eval/{0} test/{0}", "eval", "test")]
    [DataRow("training/{0} validation/{0} evaluation/{0}", "validation", "evaluation")]
    [DataRow("train/{0} dev/{0} holdout/{0}", "dev", "holdout")]
    [DataRow("train/{0} hold-out/{0}", "", "hold-out")]
    [DataRow("TrainSet/{0} ValSet/{0} TestSet/{0}", "ValSet", "TestSet")]
    [DataRow("train_images/{0} test_images/{0}", "", "test_images")]
    [DataRow("train2017/{0} val2017/{0}", "val2017", "")]
    [DataRow("flowers-train/{0} flowers-valid/{0}", "flowers-valid", "")]
    [DataRow("data/train/{0} data/test/{0}", "", "data/test")]
    [DataRow("archive/data/train/{0} archive/data/test/{0}", "", "archive/data/test")]
    [DataRow("train/images/{0} test/images/{0}", "", "test/images")]
    public void Read_DividedUnderOtherNames_KeepsThePartsApart(string layout, string validation, string test)
    {
        using TemporaryFolder folder = Make(layout);

        DividedDataset divided = DatasetSource.Read(folder.Path, DatasetReading.OfNames);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, divided.Part(DatasetPart.Train)!.Labels.ToArray());
        Assert.AreEqual(validation.Length == 0 ? null : $"{validation}/cat/1.png", divided.Part(DatasetPart.Validation)?.Images[0].RelativePath);
        Assert.AreEqual(test.Length == 0 ? null : $"{test}/cat/1.png", divided.Part(DatasetPart.Test)?.Images[0].RelativePath);
        Assert.IsTrue(divided.All.Images.All(image => image.Label is "cat" or "dog"));
    }

    [TestMethod]
    public void Read_PartsWithinEachClass_AreKeptApart()
    {
        using TemporaryFolder folder = Make("cat/train cat/test dog/train dog/test");

        DividedDataset divided = DatasetSource.Read(folder.Path, DatasetReading.OfNames);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, divided.Part(DatasetPart.Train)!.Labels.ToArray());
        CollectionAssert.AreEqual(
            new[] { "cat/test/1.png", "dog/test/1.png" }, divided.Part(DatasetPart.Test)!.Images.Select(image => image.RelativePath).ToArray());
    }

    [TestMethod]
    [DataRow("flowers/{0}")]
    [DataRow("archive/flowers/{0}")]
    public void Load_WrapperFolders_AreSeenThroughAndTold(string layout)
    {
        using TemporaryFolder folder = Make(layout);

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, splits.Train.Labels.ToArray());
        StringAssert.Contains(splits.Notices.Single(), "so the data set is ");
    }

    [TestMethod]
    [DataRow("fold1/{0} fold2/{0} fold3/{0}", "'fold1', 'fold2', 'fold3', which all hold 'cat', 'dog'")]
    [DataRow("train/{0} rest/{0}", "'rest', 'train', which all hold 'cat', 'dog'")]
    [DataRow("test/{0} val/{0}", "'test', 'val', and none of them is train")]
    [DataRow("train/{0} training/{0} test/{0}", "'train', 'training', which mean the same")]
    [DataRow("my_val/{0} my_test/{0}", "none of them is train")]
    [DataRow("cat/train cat/test dog", "in 'cat' and none in 'dog'")]
    public void Load_AmbiguousParts_AreRefusedByName(string layout, string expected)
    {
        using TemporaryFolder folder = Make(layout);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => DatasetSource.Load(folder.Path));

        StringAssert.Contains(exception.Message, expected);
        StringAssert.Contains(exception.Message, folder.Path);
    }

    [TestMethod]
    [DataRow("cat/images dog/images", "cat,dog", DisplayName = "a folder of images in each class")]
    [DataRow("cat/a cat/b dog", "cat,dog", DisplayName = "folders in one class")]
    [DataRow("train bus", "bus,train", DisplayName = "a class named train")]
    [DataRow("cat/2019 cat/2020 dog/2021 dog/2022", "cat,dog", DisplayName = "other folders in each class")]
    [DataRow("test_tube training_shoe", "test_tube,training_shoe", DisplayName = "words of parts in names of classes")]
    public void Load_FolderPerClass_IsNotDivided(string layout, string labels)
    {
        using TemporaryFolder folder = Make(layout);

        DatasetSplits splits = DatasetSource.Load(folder.Path);

        CollectionAssert.AreEqual(labels.Split(','), splits.Train.Labels.ToArray());
        Assert.IsNull(splits.Test);
    }

    // Each word is a folder with an image; {0} stands for those of two classes.
    private static TemporaryFolder Make(string layout)
    {
        var folder = new TemporaryFolder();
        int colour = 0;
        foreach (string path in layout.Split(' '))
            foreach (string label in new[] { "cat", "dog" })
                if (label == "cat" || path.Contains("{0}", StringComparison.Ordinal))
                    folder.Write($"{path.Replace("{0}", label, StringComparison.Ordinal)}/1.png", TinyPng.Of(colour++));
        return folder;
    }
}
