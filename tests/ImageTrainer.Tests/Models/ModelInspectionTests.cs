using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models;

[TestClass]
public class ModelInspectionTests
{
    private static readonly byte[] Zip = TinyModel.Pack(TinyModel.Manifest(TinyModel.Labels, imageSize: 64), new byte[500]);

    [TestMethod]
    public void Read_ModelOfOurs_TellsBothReadings()
    {
        using var folder = new TemporaryFolder();

        ModelInspection inspection = ModelInspection.Read(folder.Write("model.zip", Zip));

        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), inspection.Manifest!.Labels.ToArray());
        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), inspection.MLNet!.Chain.Labels!.ToArray());
        Assert.HasCount(6, inspection.MLNet.Chain.Steps);
        Assert.AreEqual("ImageTrainer 1.2.3", inspection.MLNet.Writer);
    }

    [TestMethod]
    public void Read_ModelOfOursDamaged_IsRefusedAsTheEngineRefusesIt()
    {
        Dictionary<string, byte[]> entries = ZipContent.Read(Zip);
        entries["TrainingInfo/Version.txt"][0] ^= 1;

        ModelFormatException exception = Refused(ZipContent.Write(entries.Select(entry => (entry.Key, entry.Value))));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("TrainingInfo/Version.txt does not match its SHA-256", exception.Message);
    }

    [TestMethod]
    public void Read_ZipOfSomethingElse_SaysWhatItHolds()
    {
        ModelFormatException exception = Refused(ZipContent.Write(("word/document.xml", [1]), ("mimetype", [2])));

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("a zip of 'word/document.xml', 'mimetype', and no model of ImageTrainer or ML.NET", exception.Message);
    }

    [TestMethod]
    public void Read_ZipWhoseNamesSteerTheTerminal_ShowsTheirCharacters()
    {
        ModelFormatException exception = Refused(ZipContent.Write(("a\u001b[31mred", [1])));

        Assert.Contains(@"a zip of 'a\u001b[31mred'", exception.Message);
    }

    [TestMethod]
    public void Read_ModelKeyThatInflatesToGigabytes_IsTooLargeBeforeMemoryIsTaken()
    {
        Dictionary<string, byte[]> entries = ZipContent.Read(Zip);
        entries["TransformerChain/Transform_001/Model.key"] = new byte[300 << 20];
        byte[] bomb = ZipContent.Write(entries
            .Where(entry => !entry.Key.StartsWith("ImageTrainer/", StringComparison.Ordinal)).Select(entry => (entry.Key, entry.Value)));
        entries.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();

        ModelFormatException exception = Refused(bomb);

        Assert.AreEqual(ModelFault.TooLarge, exception.Fault);
        Assert.Contains("its ML.NET part has more than 268,435,456 bytes", exception.Message);
        Assert.IsLessThan(10_000_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Read_PyTorchFile_SaysWhatReadsIt()
    {
        ModelFormatException exception = Refused(ZipContent.Write(("resnet50/data.pkl", [1]), ("resnet50/data/0", [2])));

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("a PyTorch file", exception.Message);
    }

    [TestMethod]
    public void Read_EmptyZip_IsForeign()
    {
        ModelFormatException exception = Refused(ZipContent.Write());

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
    }

    [TestMethod]
    public void Read_NoZip_IsForeign()
    {
        ModelFormatException exception = Refused("a text"u8.ToArray());

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("not a zip file", exception.Message);
    }

    [TestMethod]
    public void Read_NoFile_IsNotReadable()
    {
        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ModelInspection.Read("no-such-model.zip"));

        Assert.AreEqual(ModelFault.NotReadable, exception.Fault);
        Assert.Contains("there is no such file", exception.Message);
    }

    [TestMethod]
    public void Read_ChainCutShort_IsDamagedAndSaysSo()
    {
        Dictionary<string, byte[]> entries = ZipContent.Read(Zip);
        byte[] key = entries["TransformerChain/Transform_001/Model.key"];

        ModelFormatException exception = Refused(ZipContent.Write(entries
            .Where(entry => !entry.Key.StartsWith("ImageTrainer/", StringComparison.Ordinal))
            .Select(entry => (entry.Key, entry.Value == key ? key[..^1] : entry.Value))));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("ML.NET part makes no sense", exception.Message);
    }

    [TestMethod]
    public void Read_ChainOfAnotherVersion_NamesTheStepAndGoesOn()
    {
        Dictionary<string, byte[]> entries = ZipContent.Read(Zip);
        entries["TransformerChain/Transform_001/Model.key"][0x48] = 9;
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.zip", ZipContent.Write(entries
            .Where(entry => !entry.Key.StartsWith("ImageTrainer/", StringComparison.Ordinal)).Select(entry => (entry.Key, entry.Value))));

        ModelInspection inspection = ModelInspection.Read(path);

        Assert.AreEqual("of Microsoft.ML.ImageAnalytics, layout IMGSCALF 10009", inspection.MLNet!.Chain.Steps[1].Summary);
        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), inspection.Labels!.ToArray());
    }

    private static ModelFormatException Refused(byte[] content)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file.zip", content);
        return Assert.ThrowsExactly<ModelFormatException>(() => ModelInspection.Read(path));
    }
}
