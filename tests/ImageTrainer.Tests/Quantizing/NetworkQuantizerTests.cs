using System.Numerics.Tensors;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Quantizing;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class NetworkQuantizerTests
{
    private const int Side = TinyModel.ImageSize;
    private static readonly Lazy<float[][]> Images = new(() => [.. Enumerable.Range(0, 12).Select(Picture)]);

    [TestMethod]
    public void Quantize_SmallBackbone_GivesFeaturesNearFp32AtAQuarterOfTheSize()
    {
        Backbone plain = TinyModel.Backbone;

        Backbone quantized = Prepare(plain).Quantize([]);

        foreach (float[] image in Images.Value.Skip(8))
            Assert.IsGreaterThan(0.995f, TensorPrimitives.CosineSimilarity<float>(Features(plain, image), Features(quantized, image)));
        Assert.IsLessThan(0.28 * plain.BuildFeaturizer().Length, quantized.BuildFeaturizer().Length);
    }

    [TestMethod]
    public void Quantize_EveryLayerAndSum_TakesAndGivesBytes()
    {
        Graph graph = Prepare(TinyModel.Backbone).Quantize([]).Graph;

        Dictionary<string, string> producers = graph.Nodes.ToDictionary(node => node.Outputs[0], node => node.Operator);
        foreach (GraphNode node in graph.Nodes.Where(node => node.Operator is "Conv" or "Add" or "MaxPool"))
        {
            Assert.IsTrue(node.Inputs.All(input => producers[input] == "DequantizeLinear"), node.Name);
            GraphNode[] readers = [.. graph.Nodes.Where(reader => reader.Inputs.Contains(node.Outputs[0]))];
            Assert.IsTrue(readers is [{ Operator: "QuantizeLinear" }], node.Name);
        }

        Assert.IsFalse(graph.Nodes.Any(node => node.Operator == "Relu"));
        Assert.IsTrue(graph.Initializers.All(constant => constant.ElementType != ElementType.Float || constant.Floats.Length <= 512));
    }

    [TestMethod]
    public void Quantize_SameImagesOnAnyThreads_GivesTheSameBytes()
    {
        byte[] expected = Prepare(TinyModel.Backbone, threadCount: 1).Quantize([]).BuildFeaturizer();

        Assert.IsTrue(expected.SequenceEqual(Prepare(TinyModel.Backbone, threadCount: 3).Quantize([]).BuildFeaturizer()));
    }

    [TestMethod]
    public void Quantize_OutliersBetweenLayers_IsMendedByKeepingTheLayerThatReadsThem()
    {
        Backbone spiked = OutlierNetwork.From(TinyModel.Backbone, "stage2.block1");
        NetworkQuantizer quantizer = Prepare(spiked);

        double broken = MeanCosine(spiked, quantizer.Quantize([]));
        double mended = MeanCosine(spiked, quantizer.Quantize(["stage2.block1.conv2"]));

        Assert.IsGreaterThan(0.9999, MeanCosine(TinyModel.Backbone, spiked), "the same network in fp32");
        Assert.IsLessThan(0.99, broken);
        Assert.IsGreaterThan(0.995, mended);
    }

    [TestMethod]
    public void LayerErrors_SpikedLayer_StandsOut()
    {
        NetworkQuantizer quantizer = Prepare(OutlierNetwork.From(TinyModel.Backbone, "stage2.block1"));

        LayerError[] errors = [.. quantizer.LayerErrors];

        Assert.HasCount(12, errors);
        Assert.IsTrue(errors.All(error => error is { WeightError: > 0 and < 0.05, InputError: > 0, OutputError: > 0 }));
        Assert.IsGreaterThan(errors.Max(error => error.WeightError), new NetworkQuantizer(
            TinyModel.Backbone, NetworkQuantizer.FindPart(TinyModel.Backbone), Calibrate(TinyModel.Backbone, 2), weightBits: 7).LayerErrors[0].WeightError);
    }

    [TestMethod]
    public void FindPart_NetworkOfAnotherKind_HasNoLayers()
    {
        var graph = new GraphBuilder("other");
        GraphTensor pixels = graph.Input("Pixels", new TensorShape("N", 3, 32, 32));
        graph.Output(graph.Node("Features").Relu(pixels));

        Assert.IsEmpty(NetworkQuantizer.FindPart(TinyModel.Backbone.With(graph.Build())).Layers);
    }

    [TestMethod]
    public void Quantize_BiasThatALayerInFp32ReadsToo_StaysForIt()
    {
        Graph plain = TinyModel.Backbone.Graph;
        GraphNode Share(GraphNode node) =>
            node.Name == "stage1.block1.conv2" ? node with { Inputs = node.Inputs.SetItem(2, "stage1.block1.conv1.bias") } : node;
        Backbone shared = TinyModel.Backbone.With(plain with { Nodes = [.. plain.Nodes.Select(Share)] });

        Backbone quantized = Prepare(shared).Quantize(["stage1.block1.conv2"]);

        Assert.IsGreaterThan(0.99, MeanCosine(shared, quantized));
    }

    private static NetworkQuantizer Prepare(Backbone backbone, int threadCount = 2) =>
        new(backbone, NetworkQuantizer.FindPart(backbone), Calibrate(backbone, threadCount), weightBits: 8);

    private static Calibration Calibrate(Backbone backbone, int threadCount) =>
        Calibration.Run(NetworkQuantizer.FindPart(backbone), Images.Value[..8], threadCount, CancellationToken.None);

    private static double MeanCosine(Backbone a, Backbone b) =>
        Images.Value.Skip(8).Average(image => TensorPrimitives.CosineSimilarity<float>(Features(a, image), Features(b, image)));

    private static float[] Features(Backbone backbone, float[] image) =>
        NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", image, [1, 3, Side, Side])).Values;

    private static float[] Picture(int number)
    {
        var reader = new ImageReader();
        using var folder = new TemporaryFolder();
        string path = folder.Combine("picture.png");
        Drawings.Draw(Drawings.Kinds[number % 3], number).SavePng(path);
        float[] pixels = new float[3 * Side * Side];
        reader.ReadPixels(path, TinyModel.Backbone.Preprocessing, pixels);
        return pixels;
    }
}
