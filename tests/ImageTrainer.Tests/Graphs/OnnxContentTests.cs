using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Graphs;

[TestClass]
public sealed class OnnxContentTests
{
    [TestMethod]
    public void Load_WeightsBesideTheFile_GivesTheSameBits()
    {
        OnnxContent content = OnnxModel.ToContent(TinyModel.Backbone.Graph);

        Assert.IsNotEmpty(content.Tensors);
        Assert.IsLessThan(TinyModel.Backbone.BuildFeaturizer().Length / 4, content.File.Length);
        Assert.IsTrue(Features(OnnxContent.Of(TinyModel.Backbone.BuildFeaturizer())).AsSpan().SequenceEqual(Features(content)));
    }

    [TestMethod]
    public void Load_WeightsChangedAfterwards_NetworkKeepsItsOwn()
    {
        OnnxContent content = OnnxModel.ToContent(TinyModel.Backbone.Graph);
        ImmutableArray<ExternalTensor> copies = [.. content.Tensors.Select(tensor => tensor with { Data = tensor.Data.ToArray() })];
        using var network = new OnnxNetwork(content with { Tensors = copies }, new OnnxNetworkOptions { ThreadCount = 1 });

        foreach (ExternalTensor tensor in copies) MemoryMarshal.AsMemory(tensor.Data).Span.Fill(1);

        Assert.IsTrue(Features(content).AsSpan().SequenceEqual(Features(network)));
    }

    [TestMethod]
    public void Load_TensorMissing_ThrowsOnnxRuntimeException()
    {
        OnnxContent content = OnnxModel.ToContent(TinyModel.Backbone.Graph);

        Assert.ThrowsExactly<OnnxRuntimeException>(() => Features(content with { Tensors = content.Tensors[1..] }));
    }

    [TestMethod]
    public void ComputeSha256_OneWeightDiffers_Differs()
    {
        OnnxContent content = OnnxModel.ToContent(TinyModel.Backbone.Graph);
        byte[] changed = content.Tensors[^1].Data.ToArray();
        changed[^1] ^= 1;
        OnnxContent other = content with { Tensors = content.Tensors.SetItem(content.Tensors.Length - 1, content.Tensors[^1] with { Data = changed }) };

        Assert.IsTrue(content.ComputeSha256().AsSpan().SequenceEqual(OnnxModel.ToContent(TinyModel.Backbone.Graph).ComputeSha256()));
        Assert.IsFalse(content.ComputeSha256().AsSpan().SequenceEqual(other.ComputeSha256()));
    }

    private static float[] Features(OnnxContent content)
    {
        using var network = new OnnxNetwork(content, new OnnxNetworkOptions { ThreadCount = 1 });
        return Features(network);
    }

    private static float[] Features(OnnxNetwork network)
    {
        float[] pixels = [.. Enumerable.Range(0, network.PixelLength).Select(i => (i * 31 % 256) + 0f)], features = new float[TinyModel.Backbone.FeatureCount];
        network.Run(pixels, 1, "Features", features);
        return features;
    }
}
