using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models;

[TestClass]
public class ModelInspectionTests
{
    private static readonly byte[] Zip = TinyModel.Pack(TinyModel.Manifest(TinyModel.Labels, imageSize: 64), TinyModel.Network);

    [TestMethod]
    public void Read_ModelOfOurs_TellsBothReadings()
    {
        using var folder = new TemporaryFolder();

        ModelInspection inspection = ModelInspection.Read(folder.Write("model.zip", Zip));

        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), inspection.Manifest!.Labels.ToArray());
        CollectionAssert.AreEqual(
            new[] { "ImageLoaderTransform", "ImageScalerTransform", "ImagePixelExtractor", "OnnxTransform", "MulticlassPredXfer", "KeyToValueTransform" },
            inspection.Steps.ToArray());
    }

    [TestMethod]
    public void Read_ModelOfOursDamaged_IsRefusedAsTheEngineRefusesIt()
    {
        byte[] zip = [.. Zip];
        zip[zip.AsSpan().IndexOf(TinyModel.Network) + 1000] ^= 1;

        ModelFormatException exception = Refused(zip);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("OnnxModel does not match its CRC-32", exception.Message);
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
    public void Read_StepCutShort_IsDamagedAndSaysSo()
    {
        ModelFormatException exception = Refused(ZipContent.Write(
            ("TransformerChain/Model.key", new byte[300]), ("TransformerChain/Transform_000/Model.key", new byte[80])));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("TransformerChain/Transform_000/Model.key is cut short", exception.Message);
    }

    private static ModelFormatException Refused(byte[] content)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file.zip", content);
        return Assert.ThrowsExactly<ModelFormatException>(() => ModelInspection.Read(path));
    }
}
