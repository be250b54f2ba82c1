using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class SplitsFileTests
{
    [TestMethod]
    public void Write_Parts_GivesARowPerImageInOrdinalOrder()
    {
        using var folder = new TemporaryFolder();
        var splits = new DatasetSplits(
            ImageDataset.FromImages([new("/b", "b,2.png", "划 痕"), new("/a", "a.png", "x")]),
            ImageDataset.FromImages([new("/c", "c.png", "x")]),
            ImageDataset.FromImages([new("/B", "B.png", "x")]));

        SplitsFile.Write(folder.Combine("splits.csv"), splits);

        Assert.AreEqual(
            "path,label,split\nB.png,x,test\na.png,x,train\n\"b,2.png\",划 痕,train\nc.png,x,validation\n",
            File.ReadAllText(folder.Combine("splits.csv")));
    }

    [TestMethod]
    public void Apply_WhatWasWritten_GivesTheSameParts()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder);
        (ImageDataset rest, ImageDataset test) = dataset.TrainTestSplit(0.25, seed: 7);
        (ImageDataset train, ImageDataset validation) = rest.TrainTestSplit(0.25, seed: 7);
        SplitsFile.Write(folder.Combine("splits.csv"), new DatasetSplits(train, validation, test));

        DatasetSplits splits = SplitsFile.Apply(dataset, folder.Combine("splits.csv"));

        CollectionAssert.AreEqual(train.Images.ToArray(), splits.Train.Images.ToArray());
        CollectionAssert.AreEqual(validation.Images.ToArray(), splits.Validation!.Images.ToArray());
        CollectionAssert.AreEqual(test.Images.ToArray(), splits.Test!.Images.ToArray());
        Assert.IsEmpty(splits.Notices);
    }

    [TestMethod]
    public void Apply_DataSetHasChanged_TellsEachDifference()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder);
        string file = folder.Write("splits.csv", "path,label,split\nclass0\\0.png,class0,train\nclass1/1001.png,class1,train\nclass1/1000.png,klass,test\nclass1/gone.png,class1,test\n");

        DatasetSplits splits = SplitsFile.Apply(dataset, file);

        CollectionAssert.AreEqual(new[] { "class0/0.png", "class1/1001.png" }, splits.Train.Images.Select(image => image.RelativePath).ToArray());
        Assert.AreEqual("class1", splits.Test!.Images.Single().Label);
        StringAssert.StartsWith(splits.Notices[0], $"13 images left out, because '{file}' does not name them: 'class0/1.png', ");
        Assert.AreEqual($"1 image in '{file}' and no longer in the data set: 'class1/gone.png'.", splits.Notices[1]);
        StringAssert.StartsWith(splits.Notices[2], $"1 image with another label in '{file}', ");
        Assert.HasCount(13, splits.IgnoredFiles.Where(ignored => ignored.Reason == $"'{file}' does not name it"));
    }

    [TestMethod]
    public void Apply_FileOfAnotherDataSet_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder);
        string file = folder.Write("splits.csv", "path,label,split\nother/1.png,other,train\n");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => SplitsFile.Apply(dataset, file));

        StringAssert.Contains(exception.Message, "names no image of ");
        Assert.AreEqual(file, exception.Path);
    }

    [TestMethod]
    [DataRow("class0/0.png,train\nclass0/1.png,train\nclass1/1000.png,test\n", "has images of one class only, 'class0'")]
    [DataRow("class0/0.png,train\nclass1/1000.png,train\nclass2/9.png,test\n", "has 'class2' in test and not in train")]
    public void Apply_LabelsThatCannotBeLearnt_IsRefused(string rows, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Write("class2/9.png", TinyPng.Of(9));
        ImageDataset dataset = WriteClasses(folder);
        string file = folder.Write("splits.csv", "path,split\n" + rows);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => SplitsFile.Apply(dataset, file));

        StringAssert.StartsWith(exception.Message, $"'{file}' {message}");
    }

    [TestMethod]
    public void Apply_NoSuchFile_SaysSo()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = WriteClasses(folder);
        string file = folder.Combine("splits.csv");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => SplitsFile.Apply(dataset, file));

        StringAssert.StartsWith(exception.Message, $"Cannot read the list '{file}': there is no such file.");
    }

    [TestMethod]
    public void Write_TestImagesFromAnotherFolder_NamesThemFromTheRootOfTrain()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine/a/1.png", TinyPng.Of(1));
        folder.Write("theirs/a/1.png", TinyPng.Of(2));
        var splits = new DatasetSplits(ImageDataset.FromFolder(folder.Combine("mine")), Test: ImageDataset.FromFolder(folder.Combine("theirs")));

        SplitsFile.Write(folder.Combine("splits.csv"), splits);

        Assert.AreEqual("path,label,split\n../theirs/a/1.png,a,test\na/1.png,a,train\n", File.ReadAllText(folder.Combine("splits.csv")));
    }

    // Two classes of eight different photos.
    private static ImageDataset WriteClasses(TemporaryFolder folder)
    {
        foreach (int colour in Enumerable.Range(0, 8))
        {
            folder.Write($"class0/{colour}.png", TinyPng.Of(colour));
            folder.Write($"class1/{1000 + colour}.png", TinyPng.Of(1000 + colour));
        }

        return ImageDataset.FromFolder(folder.Path);
    }
}
