using System.Text;
using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class ListDatasetTests
{
    [TestMethod]
    [DataRow("list.csv", "path,label\n1.png,cat\nsub/2.png,dog\n", DisplayName = "plain")]
    [DataRow("list.csv", "\uFEFFpath,label\r\n1.png,cat\r\nsub/2.png,dog\r\n", DisplayName = "byte order mark and CR LF")]
    [DataRow("list.csv", "Label , width, PATH\ncat,3,1.png\ndog,4,sub/2.png", DisplayName = "other order, letter case and columns")]
    [DataRow("list.tsv", "path\tlabel\n1.png\tcat\nsub/2.png\tdog\n", DisplayName = "tabs")]
    [DataRow("list.csv", "path;label\n1.png;cat\nsub/2.png;dog\n", DisplayName = "semicolons")]
    [DataRow("list.csv", "path\tlabel\n1.png\tcat\nsub/2.png\tdog\n", DisplayName = "tabs in a file named CSV")]
    [DataRow("list", "\n\npath,label\n\n1.png,cat\n\nsub\\2.png,dog\n\n", DisplayName = "no extension, blank lines, backslash")]
    [DataRow("list.csv", "path,label\n ./1.png,cat\nsub/../sub/2.png,dog\n1.png,cat\n", DisplayName = "roundabout paths, one twice")]
    [DataRow("list.csv", "path,label\n1.png,cat,\nsub/2.png,dog,\n", DisplayName = "delimiters at the end")]
    public void FromList_ManySpellings_GivesTheSameImages(string name, string text)
    {
        using var folder = new TemporaryFolder();
        string one = folder.Write("1.png", TinyPng.Of(1));
        string two = folder.Write("sub/2.png", TinyPng.Of(2));
        string list = folder.Write(name, text);

        ImageDataset dataset = ImageDataset.FromList(list);

        CollectionAssert.AreEqual(new LabeledImage[] { new(one, "1.png", "cat"), new(two, "sub/2.png", "dog") }, dataset.Images.ToArray());
        Assert.AreEqual(folder.Path, dataset.Root);
    }

    [TestMethod]
    public void FromList_QuotedLabels_KeepTheirExactText()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a,b.png", TinyPng.Of(1));
        string list = folder.Write("list.csv", "path,label\n\"a,b.png\",\" 划痕, \"\"deep\"\"\nin two lines \"\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        Assert.AreEqual(" 划痕, \"deep\"\nin two lines ", dataset.Labels.Single());
    }

    [TestMethod]
    public void FromList_AbsolutePaths_AreTakenAsTheyAre()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        string photo = elsewhere.Write("1.png", TinyPng.Of(1));
        string list = folder.Write("list.csv", $"path,label\n{photo},cat\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        Assert.AreEqual(photo, dataset.Images.Single().Path);
        Assert.AreEqual($"../{Path.GetFileName(elsewhere.Path)}/1.png", dataset.Images.Single().RelativePath);
    }

    [TestMethod]
    public void FromList_MissingFiles_NamesListLinesAndCount()
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        string rows = string.Concat(Enumerable.Range(3, 12).Select(line => $"gone{line}.png,cat\n"));
        string list = folder.Write("list.csv", $"path,label\n1.png,cat\n{rows}");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromList(list));

        StringAssert.StartsWith(exception.Message, $"'{list}' names 12 files not to be found (line 3: 'gone3.png'; line 4: 'gone4.png'; ");
        StringAssert.Contains(exception.Message, "line 12: 'gone12.png'; and 2 more)");
        Assert.AreEqual(list, exception.Path);
    }

    [TestMethod]
    public void FromList_FilesThatAreNoImages_AreListedWithTheirLine()
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        folder.Write("text.jpg", "not a photo");
        string list = folder.Write("list.csv", "path,label\n1.png,cat\ntext.jpg,cat\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        Assert.HasCount(1, dataset.Images);
        Assert.AreEqual(new IgnoredFile("text.jpg", "it is no image (line 3 of the list)"), dataset.IgnoredFiles.Single());
    }

    [TestMethod]
    [DataRow("where,what,why\n1,cat,x\n", "has to name the columns path, label; it reads 'where', 'what', 'why'", DisplayName = "other columns")]
    [DataRow("", "has to name the columns path, label; it is empty.", DisplayName = "empty")]
    [DataRow("path,label,Label\n1.png,cat,dog\n", "names the column label twice", DisplayName = "a column twice")]
    [DataRow("path,label\n1.png\n", "Line 2 of", DisplayName = "too few fields")]
    [DataRow("path,label\n1.png,cat\n1.png,cat, black\n", "Line 3 of", DisplayName = "too many fields")]
    [DataRow("path,label\n1.png,\n", "has no label", DisplayName = "no label")]
    [DataRow("path,label\n1.png,  \n", "has no label", DisplayName = "a label of spaces")]
    [DataRow("path,label\n,cat\n", "has no path", DisplayName = "no path")]
    [DataRow("path,label\n", "lists no images", DisplayName = "no rows")]
    [DataRow("path,label\n1.png,\"cat\n", "Line 2 of", DisplayName = "open quote")]
    [DataRow("path,label,split\n1.png,cat,later\n", "has the split 'later'", DisplayName = "unknown split")]
    [DataRow("path,label,split\n1.png,cat,train\n./1.png,cat,test\n", "Line 3 of", DisplayName = "two splits")]
    public void FromList_Malformed_SaysWhatAndWhere(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        string list = folder.Write("list.csv", text);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromList(list));

        StringAssert.Contains(exception.Message, expected);
        StringAssert.Contains(exception.Message, list);
    }

    [TestMethod]
    public void FromList_SpacesBesideCommas_AreKeptInLabelsAndTold()
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        folder.Write("2.png", TinyPng.Of(2));
        string list = folder.Write("list.csv", "path, label\n1.png, cat\n2.png,dog\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        CollectionAssert.AreEqual(new[] { " cat", "dog" }, dataset.Labels.ToArray());
        Assert.AreEqual("' cat': the spaces at the ends are part of the labels.", dataset.Notices.Single());
    }

    [TestMethod]
    public void FromList_NeitherUtf8NorWindows1252_NamesTheLine()
    {
        using var folder = new TemporaryFolder();
        string list = folder.Write("list.csv", Encoding.Latin1.GetBytes("path,label\n1.png,cat\n2.png,\u0081\u0090\n"));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromList(list));

        Assert.AreEqual($"Line 3 of '{list}' is not UTF-8 text, nor Windows-1252; if this is a list of images, save it as CSV in UTF-8.", exception.Message);
    }

    [TestMethod]
    public void FromList_AnImage_SaysSo()
    {
        using var folder = new TemporaryFolder();
        string photo = folder.Write("1.png", TinyPng.Of(1));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromList(photo));

        StringAssert.Contains(exception.Message, "is a png image, no data set");
    }
}
