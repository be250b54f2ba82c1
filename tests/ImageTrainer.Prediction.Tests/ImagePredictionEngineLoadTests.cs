using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Tests.Onnx;

namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionEngineLoadTests
{
    [TestMethod]
    public void Load_FileAndBothKindsOfStream_GiveTheSameEngine()
    {
        using var folder = new TemporaryFolder();
        byte[] image = Drawings.Draw("disc", 1).EncodePng();

        using ImagePredictionEngine fromFile = ImagePredictionEngine.Load(folder.Write("model.zip", TinyModel.Zip));
        using ImagePredictionEngine fromMemory = ImagePredictionEngine.Load(new MemoryStream(TinyModel.Zip));
        using ImagePredictionEngine fromNetwork = ImagePredictionEngine.Load(new ForwardOnlyStream(TinyModel.Zip));

        float[] expected = fromFile.Predict(image).Score.ToArray();
        CollectionAssert.AreEqual(expected, fromMemory.Predict(image).Score.ToArray());
        CollectionAssert.AreEqual(expected, fromNetwork.Predict(image).Score.ToArray());
        Assert.AreEqual("resnet10-tiny", fromFile.Manifest.Backbone.Name);
    }

    [TestMethod]
    public void Load_Stream_LeavesItOpen()
    {
        using var stream = new MemoryStream(TinyModel.Zip);

        ImagePredictionEngine.Load(stream).Dispose();

        Assert.IsTrue(stream.CanRead);
    }

    [TestMethod]
    public void Load_NoSuchFile_IsNotReadableAndNamesIt()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("missing", "model.zip");

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load(path));

        Assert.AreEqual((ModelFault.NotReadable, path), (exception.Fault, exception.Path));
        Assert.AreEqual($"Cannot load the model '{path}': there is no such file.", exception.Message);
    }

    [TestMethod]
    public void Load_Folder_IsNotReadableAndSaysSo()
    {
        using var folder = new TemporaryFolder();

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load(folder.Path));

        Assert.AreEqual(ModelFault.NotReadable, exception.Fault);
        Assert.Contains("it is a folder", exception.Message);
    }

    [TestMethod]
    public void Load_PathOfNoSystem_IsNotReadableAndSaysSo()
    {
        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load("a\0b"));

        Assert.AreEqual(ModelFault.NotReadable, exception.Fault);
        Assert.Contains("its path is not valid", exception.Message);
    }

    [TestMethod]
    public void Load_EmptyFile_IsForeign()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.zip", "");

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load(path));

        Assert.AreEqual((ModelFault.Foreign, path), (exception.Fault, exception.Path));
    }

    [TestMethod]
    public void Load_StreamFails_IsNotReadable()
    {
        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(
            () => ImagePredictionEngine.Load(new ForwardOnlyStream(TinyModel.Zip, failAt: 100_000)));

        Assert.AreEqual(ModelFault.NotReadable, exception.Fault);
    }

    [TestMethod]
    public void Load_NetworkOverLimit_IsTooLarge()
    {
        var options = new ImagePredictionEngineOptions { MaxNetworkByteCount = 1_000_000 };

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => TinyModel.Load(options));

        Assert.AreEqual(ModelFault.TooLarge, exception.Fault);
    }

    [TestMethod]
    public void Load_NetworkThatIsNone_IsDamaged()
    {
        byte[] zip = TinyModel.Pack(TinyModel.Manifest(["a", "b"], 64), NetworkMetadata.Append([], "no", "network"u8));

        ModelFormatException exception = Refused(zip);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("cannot run its network", exception.Message);
    }

    [TestMethod]
    public void Load_NetworkOfOtherInput_IsDamaged()
    {
        byte[] network = PlainNetwork.Means(input: "image", output: "Score");

        ModelFormatException exception = Refused(TinyModel.Pack(TinyModel.Manifest(["a", "b", "c"], PlainNetwork.Size), network));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
    }

    [TestMethod]
    [DataRow(PlainNetwork.Size, 2, "Score")]
    [DataRow(PlainNetwork.Size + 1, 3, "Score")]
    [DataRow(PlainNetwork.Size, 3, "Logits")]
    public void Load_NetworkThatDoesNotFitItsManifest_IsDamaged(int imageSize, int labelCount, string output)
    {
        string[] labels = [.. Enumerable.Range(0, labelCount).Select(i => $"label {i}")];

        ModelFormatException exception = Refused(TinyModel.Pack(TinyModel.Manifest(labels, imageSize), PlainNetwork.Means(output: output)));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("does not have the shapes that its manifest names", exception.Message);
    }

    [TestMethod]
    public void Load_OptionsOutOfRange_ThrowsOneArgumentExceptionThatNamesAll()
    {
        var options = new ImagePredictionEngineOptions
        {
            Device = "gpu",
            ThreadsPerPrediction = 0,
            MaxConcurrency = 0,
            MaxPixelCount = 0,
            MaxNetworkByteCount = 0,
        };

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => TinyModel.Load(options));

        foreach (string name in new[] { "Device", "ThreadsPerPrediction", "MaxConcurrency", "MaxPixelCount", "MaxNetworkByteCount" })
            Assert.Contains(name, exception.Message);
    }

    [TestMethod]
    public void Load_OptionsFarTooLarge_ThrowsOneArgumentExceptionThatNamesAll()
    {
        var options = new ImagePredictionEngineOptions
        {
            ThreadsPerPrediction = int.MaxValue,
            MaxConcurrency = int.MaxValue,
            MaxPixelCount = long.MaxValue,
            MaxNetworkByteCount = long.MaxValue,
        };

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => TinyModel.Load(options));

        foreach (string name in new[] { "ThreadsPerPrediction", "MaxConcurrency", "MaxPixelCount", "MaxNetworkByteCount" })
            Assert.Contains(name, exception.Message);
    }

    private static ModelFormatException Refused(byte[] zip) =>
        Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load(new MemoryStream(zip)));
}
