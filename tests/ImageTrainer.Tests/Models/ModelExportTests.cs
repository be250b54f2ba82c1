using System.Text.Json;
using ImageTrainer.Models;
using ImageTrainer.Tests.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Models;

[TestClass]
public class ModelExportTests
{
    [TestMethod]
    public void WriteOnnx_Model_CarriesLabelsAndPreprocessing()
    {
        byte[] onnx = Export(NastyLabels.Take(4));

        using var session = new InferenceSession(onnx);
        Dictionary<string, string> metadata = session.ModelMetadata.CustomMetadataMap;
        CollectionAssert.AreEqual(NastyLabels.Take(4), JsonSerializer.Deserialize<string[]>(metadata["labels"]));
        Assert.AreEqual("""{"width":64,"height":64,"resizeMode":"Crop","channels":"RGB","range":[0,255],"layout":"NCHW"}""", metadata["preprocessing"]);
        Assert.AreEqual("MIT", metadata["license"]);
        Assert.AreEqual("Rgb8", metadata["Image.BitmapPixelFormat"]);
    }

    [TestMethod]
    public void WriteOnnx_Model_ComputesTheSame()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => (float)(i % 256))];
        float[] expected = NetworkRun.Run(TinyModel.Network, "Score", ("Pixels", pixels, [1, 3, 64, 64])).Values;

        float[] actual = NetworkRun.Run(Export(TinyModel.Labels), "Score", ("Pixels", pixels, [1, 3, 64, 64])).Values;

        CollectionAssert.AreEqual(expected, actual);
    }

    [TestMethod]
    public void Network_LogScore_IsTheLogarithmOfScore()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => (float)(i % 251))];

        float[] score = NetworkRun.Run(TinyModel.Network, "Score", ("Pixels", pixels, [1, 3, 64, 64])).Values;
        float[] logScore = NetworkRun.Run(TinyModel.Network, "LogScore", ("Pixels", pixels, [1, 3, 64, 64])).Values;

        for (int k = 0; k < score.Length; k++) Assert.AreEqual(score[k], MathF.Exp(logScore[k]), 1e-6f);
    }

    private static byte[] Export(IReadOnlyList<string> labels)
    {
        using var folder = new TemporaryFolder();
        string model = folder.Combine("model.zip");
        File.WriteAllBytes(model, TinyModel.Pack(TinyModel.Manifest(labels, TinyModel.ImageSize), TinyModel.Network));
        using var stream = new MemoryStream();
        ModelExport.Load(model).WriteOnnx(stream);
        return stream.ToArray();
    }
}
