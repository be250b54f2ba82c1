using System.Text;
using ImageTrainer.Csv;
using ImageTrainer.Data;
using ImageTrainer.Files;

namespace ImageTrainer.Tests.Data;

/// <summary>Lists as other tools write them: each is read as what it means, or refused with a sentence that says what it is.</summary>
[TestClass]
public sealed class ListsOfOtherToolsTests
{
    [TestMethod]
    [DataRow("list.csv", ",path,label\n0,img/1.png,cat\n1,img/2.png,dog\n", DisplayName = "pandas, with its index")]
    [DataRow("list.csv", "\"path\"\t\"label\"\n\"img/1.png\"\t\"cat\"\n\"img/2.png\"\t\"dog\"\n", DisplayName = "quoted, with tabs")]
    [DataRow("list.csv", "\"path\";\"label\"\n\"img/1.png\";\"cat\"\n\"img/2.png\";\"dog\"\n", DisplayName = "R write.csv2 without row names")]
    [DataRow("list.csv", "\"\";\"path\";\"label\"\n\"1\";\"img/1.png\";\"cat\"\n\"2\";\"img/2.png\";\"dog\"\n", DisplayName = "R write.csv2")]
    [DataRow("list.txt", "\"path\"\t\"label\"\n\"1\"\t\"img/1.png\"\t\"cat\"\n\"2\"\t\"img/2.png\"\t\"dog\"\n", DisplayName = "R write.table")]
    [DataRow("list.csv", "sep=;\r\npath;label\r\nimg/1.png;cat\r\nimg/2.png;dog\r\n", DisplayName = "Excel with sep=")]
    [DataRow("list.csv", "sep=\t\r\npath\tlabel\r\nimg/1.png\tcat\r\nimg/2.png\tdog\r\n", DisplayName = "Excel with sep= and tab")]
    [DataRow("list.csv", "path|label\nimg/1.png|cat\nimg/2.png|dog\n", DisplayName = "bars")]
    [DataRow("list.csv", "filename,class\nimg/1.png,cat\nimg/2.png,dog\n", DisplayName = "Keras flow_from_dataframe")]
    [DataRow("metadata.csv", "file_name,label\nimg/1.png,cat\nimg/2.png,dog\n", DisplayName = "Hugging Face imagefolder")]
    [DataRow("train.csv", "image,category\nimg/1.png,cat\nimg/2.png,dog\n", DisplayName = "image, category")]
    [DataRow("train.csv", "image_path,Label\nimg/1.png,cat\nimg/2.png,dog\n", DisplayName = "image_path, Label")]
    [DataRow("tags.tsv", "ImagePath\tLabel\nimg/1.png\tcat\nimg/2.png\tdog\n", DisplayName = "ML.NET's samples")]
    [DataRow("train.csv", "image_id,label\nimg/1,cat\nimg/2,dog\n", DisplayName = "Kaggle, ids without extension")]
    [DataRow("labels.csv", "id,breed\nimg/1,cat\nimg/2,dog\n", DisplayName = "Kaggle dog breeds")]
    [DataRow("train.csv", "Image,Id\nimg/1.png,cat\nimg/2.png,dog\n", DisplayName = "Kaggle whales")]
    [DataRow("train.csv", "id_code,diagnosis\nimg/1,cat\nimg/2,dog\n", DisplayName = "Kaggle APTOS")]
    [DataRow("list.csv", "img/1.png,cat\nimg/2.png,dog\n", DisplayName = "no header")]
    [DataRow("tags.tsv", "img/1.png\tcat\nimg/2.png\tdog\n", DisplayName = "no header, tabs, as ML.NET's tutorial")]
    [DataRow("train.txt", "img/1.png cat\nimg/2.png dog\n", DisplayName = "Caffe")]
    [DataRow("list.jsonl", "{\"image_url\":\"img/1.png\",\"label\":\"cat\"}\n{\"image_url\":\"img/2.png\",\"label\":\"dog\"}\n", DisplayName = "Azure AutoML")]
    [DataRow("list.jsonl", "{\"image_url\":\"img/1.png\",\"label\":[\"cat\"]}\n{\"image_url\":\"img/2.png\",\"label\":[\"dog\"]}\n", DisplayName = "one label in an array")]
    [DataRow("metadata.jsonl", "{\"file_name\":\"img/1.png\",\"class\":\"cat\"}\n\n{\"file_name\":\"img/2.png\",\"class\":\"dog\"}\n", DisplayName = "Hugging Face JSON lines")]
    [DataRow("list.json", "{\"image\":\"img/1.png\",\"category\":\"cat\"}\n{\"image\":\"img/2.png\",\"category\":\"dog\"}\n", DisplayName = "JSON lines named .json")]
    [DataRow("list", "{\"path\":\"img\\\\1.png\",\"label\":\"cat\"}\n{\"path\":\"img/2.png\",\"label\":\"dog\"}\n", DisplayName = "JSON lines without extension")]
    [DataRow("data.csv", "image_name,tags,\nimg/1.png,cat,\nimg/2.png,dog,\n", DisplayName = "commas at the ends of lines")]
    [DataRow("labels.csv", "\uFEFF\"Filename\",\"Label\"\r\n\"img\\1.png\",\"cat\"\r\n\"img\\2.png\",\"dog\"\r\n", DisplayName = "PowerShell Export-Csv")]
    [DataRow("training.manifest", "{\"source-ref\":\"img/1.png\",\"class\":\"cat\",\"class-metadata\":{\"confidence\":0.9,\"type\":\"groundtruth/image-classification\"}}\n{\"source-ref\":\"img/2.png\",\"class\":\"dog\"}\n", DisplayName = "SageMaker Ground Truth")]
    [DataRow("annotations.csv", "filename,width,height,class\nimg/1.png,4,4,cat\nimg/2.png,4,4,dog\n", DisplayName = "TensorFlow CSV with sizes")]
    [DataRow("export.csv", "image,id,choice,annotator,label\nimg/1.png,7,,1,cat\nimg/2.png,8,,1,dog\n", DisplayName = "Label Studio")]
    public void FromList_OfAnotherTool_GivesItsImages(string name, string text)
    {
        using TemporaryFolder folder = Photos();
        string list = folder.Write(name, text);

        ImageDataset dataset = ImageDataset.FromList(list);

        CollectionAssert.AreEqual(
            new[] { ("img/1.png", "cat"), ("img/2.png", "dog") }, dataset.Images.Select(image => (image.RelativePath, image.Label)).ToArray());
    }

    [TestMethod]
    [DataRow("path,label,split\n{0},cat,training\n{1},dog,testing\n", DisplayName = "training, testing")]
    [DataRow("path,label,subset\n{0},cat,Training\n{1},dog,eval\n", DisplayName = "subset, eval")]
    [DataRow("TRAIN,{0},cat\nTEST,{1},dog\n", DisplayName = "Google, no header")]
    [DataRow("{0},cat,train\n{1},dog,test\n", DisplayName = "no header, split last")]
    [DataRow("filepath,class,partition\n{0},cat,train_set\n{1},dog,holdout\n", DisplayName = "partition, holdout")]
    public void Read_SplitsInOtherWords_KeepsThePartsApart(string text)
    {
        using TemporaryFolder folder = Photos();
        string list = folder.Write("list.csv", text.Replace("{0}", "img/1.png", StringComparison.Ordinal).Replace("{1}", "img/2.png", StringComparison.Ordinal));

        DividedDataset divided = DatasetSource.Read(list, DatasetReading.OfNames);

        Assert.AreEqual("img/1.png", divided.Part(DatasetPart.Train)!.Images.Single().RelativePath);
        Assert.AreEqual("img/2.png", divided.Part(DatasetPart.Test)!.Images.Single().RelativePath);
    }

    [TestMethod]
    [DataRow("_classes.csv", "filename, cat, dog\nimg/1.png, 1, 0\nimg/2.png, 0, 1\n", "several labels per image; this trainer wants one", DisplayName = "Roboflow one-hot")]
    [DataRow("train.csv", "image_id,healthy,rust,scab\nimg/1,1,0,0\nimg/2,0,1,1\n", "several labels per image; this trainer wants one", DisplayName = "Kaggle one-hot")]
    [DataRow("train.csv", "image,labels\nimg/1.png,rust\nimg/2.png,rust scab\n", "line 3 has 'rust scab'", DisplayName = "Kaggle plants")]
    [DataRow("list.csv", "path,label\nimg/1.png,cat|dog\nimg/2.png,dog\nimg/3.png,cat\n", "line 2 has 'cat|dog'", DisplayName = "bars in cells")]
    [DataRow("list.csv", "path,tags\nimg/1.png,\"cat,dog\"\nimg/2.png,dog\nimg/3.png,cat\n", "several labels per image", DisplayName = "commas in cells")]
    [DataRow("list.csv", "path,label\nimg/1.png,\"['cat', 'dog']\"\nimg/2.png,\"['dog']\"\n", "several labels per image", DisplayName = "Python lists in cells")]
    [DataRow("list.jsonl", "{\"path\":\"img/1.png\",\"label\":[\"cat\",\"dog\"]}\n", "several labels per image", DisplayName = "arrays")]
    [DataRow("list.csv", "gs://bucket/1.jpg,cat\ngs://bucket/2.jpg,dog\n", "2 images by network address", DisplayName = "addresses")]
    [DataRow("list.jsonl", "{\"image_url\":\"azureml://x/img/1.png\",\"label\":\"cat\"}\n", "1 image by network address", DisplayName = "Azure addresses")]
    [DataRow("instances.json", "{\"images\": [{\"id\": 1}],\n \"annotations\": []}\n", "is a JSON document", DisplayName = "COCO")]
    [DataRow("list.json", "[{\"path\": \"img/1.png\"}]", "is a JSON document", DisplayName = "JSON array")]
    [DataRow("1.xml", "<annotation></annotation>", "is XML", DisplayName = "Pascal VOC")]
    [DataRow("list.xlsx", "PK\u0003\u0004...", "is a workbook", DisplayName = "Excel")]
    [DataRow("list.csv", "path,label\n1.png,cat\n2.png,dog\n", "They lie in ", DisplayName = "names without their folder")]
    [DataRow("list.csv", "image_id,label\nimg/double,cat\n", "there are 'double.jpg', 'double.png'", DisplayName = "an id of two files")]
    [DataRow("list.csv", "\"path\nimg/1.png", "a quoted field begins and does not end", DisplayName = "an open quote in the header")]
    public void FromList_ThatCannotBeMeant_IsRefusedByName(string name, string text, string expected)
    {
        using TemporaryFolder folder = Photos();
        folder.Write("img/double.png", TinyPng.Of(4));
        folder.Write("img/double.jpg", TinyPng.Of(5));
        string list = folder.Write(name, text);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromList(list));

        StringAssert.Contains(exception.Message, expected);
        StringAssert.Contains(exception.Message, list);
    }

    [TestMethod]
    [DataRow("utf-16", true)]
    [DataRow("utf-16", false)]
    [DataRow("utf-16BE", true)]
    [DataRow("utf-16BE", false)]
    [DataRow("utf-8", true)]
    public void FromList_Unicode_IsRead(string encoding, bool hasMark)
    {
        using TemporaryFolder folder = Photos();
        Encoding unicode = Encoding.GetEncoding(encoding);
        string list = folder.Write("list.csv", [.. hasMark ? unicode.GetPreamble() : [], .. unicode.GetBytes("path\tlabel\nimg/1.png\tbär\nimg/2.png\tdog\n")]);

        ImageDataset dataset = ImageDataset.FromList(list);

        CollectionAssert.AreEqual(new[] { "bär", "dog" }, dataset.Labels.ToArray());
        Assert.IsEmpty(dataset.Notices);
    }

    [TestMethod]
    public void FromList_Windows1252_IsReadAndTold()
    {
        using TemporaryFolder folder = Photos();
        string list = folder.Write("list.csv", [.. "path;label\nimg/1.png;b"u8, 0xE4, .. "r\nimg/2.png;"u8, 0x80, (byte)'\n']);

        ImageDataset dataset = ImageDataset.FromList(list);

        CollectionAssert.AreEqual(new[] { "bär", "€" }, dataset.Labels.ToArray());
        StringAssert.Contains(dataset.Notices.Single(), "is not UTF-8, so it is read as Windows-1252");
    }

    [TestMethod]
    [DataRow("e\u0301", "\u00E9")]
    [DataRow("\u00E9", "e\u0301")]
    [OSCondition(OperatingSystems.Linux)]
    public void FromList_NamesInAnotherUnicodeComposition_AreFoundAndTold(string onDisk, string listed)
    {
        using TemporaryFolder folder = Photos();
        folder.Write($"caf{onDisk}/{onDisk}.png", TinyPng.Of(3));
        string list = folder.Write("list.csv", $"path,label\nimg/1.png,cat\ncaf{listed}/{listed}.png,dog\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        Assert.AreEqual($"caf{onDisk}/{onDisk}.png", dataset.Images[0].RelativePath);
        StringAssert.StartsWith(dataset.Notices.Single(), "1 name in ");
    }

    [TestMethod]
    public void FromList_LabelsInTwoUnicodeCompositions_AreTold()
    {
        using TemporaryFolder folder = Photos();
        string list = folder.Write("list.csv", "path,label\nimg/1.png,caf\u00E9\nimg/2.png,cafe\u0301\n");

        ImageDataset dataset = ImageDataset.FromList(list);

        Assert.HasCount(2, dataset.Labels);
        StringAssert.Contains(dataset.Notices.Single(), "differ only in letter case, spaces or Unicode composition");
    }

    [TestMethod]
    public void UnicodeForm_LettersOfManyScripts_ComposeAndDecompose()
    {
        Assert.AreEqual("\u00E9 \uAC01 \u0439", UnicodeForm.Compose("e\u0301 \u1100\u1161\u11A8 \u0438\u0306"));
        Assert.AreEqual("e\u0301 \u1100\u1161\u11A8 \u0438\u0306", UnicodeForm.Decompose("\u00E9 \uAC01 \u0439"));
        Assert.AreEqual("a\uD800", UnicodeForm.Compose("a\uD800"));
    }

    [TestMethod]
    [DataRow("path,label\nimg/1.png,\"tench, Tinca tinca\"\nimg/2.png,ice cream\nimg/3.png,cream\n", DisplayName = "commas and spaces in names")]
    public void FromList_LabelsWithCommas_AreOneLabelEach(string text)
    {
        using TemporaryFolder folder = Photos();

        Assert.HasCount(3, ImageDataset.FromList(folder.Write("list.csv", text)).Labels);
    }

    private static TemporaryFolder Photos()
    {
        var folder = new TemporaryFolder();
        foreach (int i in Enumerable.Range(1, 3)) folder.Write($"img/{i}.png", TinyPng.Of(i));
        return folder;
    }
}
