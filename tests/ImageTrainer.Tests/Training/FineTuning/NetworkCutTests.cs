using System.Numerics.Tensors;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Tests.Graphs;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class NetworkCutTests
{
    private const int Side = TinyModel.ImageSize;

    [TestMethod]
    [DataRow(FineTuneStages.Stage4)]
    [DataRow(FineTuneStages.Stage3)]
    [DataRow(FineTuneStages.All)]
    public void At_BothParts_ComputeWhatTheWholeNetworkDoes(FineTuneStages stages)
    {
        float[] expected = WholeLogits();

        float[] actual = Logits(Cut(TinyModel.Backbone, stages));

        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-4);
    }

    [TestMethod]
    [DataRow(FineTuneStages.Stage4, 9)]
    [DataRow(FineTuneStages.Stage3, 6)]
    public void At_QuantizedFrozenStages_ComputeNearlyTheSameInIntegers(FineTuneStages stages, int layerCount)
    {
        NetworkCut cut = Cut(Quantize(TinyModel.Backbone), stages);

        float[] activations = Activations(cut.Frozen);

        Assert.AreEqual(layerCount, cut.Frozen.Initializers.Count(constant => constant is { ElementType: ElementType.Int8, Dimensions.Count: 4 }));
        Assert.IsTrue(cut.Trained.Initializers.All(constant => constant.ElementType != ElementType.Int8));
        float[] plain = Activations(Cut(TinyModel.Backbone, stages).Frozen);
        Assert.HasCount(plain.Length, activations);
        Assert.IsGreaterThan(0.995f, TensorPrimitives.CosineSimilarity<float>(plain, activations));
        Assert.IsGreaterThan(0.995f, TensorPrimitives.CosineSimilarity<float>(WholeLogits(), Logits(cut)));
        // Behind the ReLU, which quantizing has left to the clamping of bytes.
        Assert.IsGreaterThanOrEqualTo(0, activations.Min());
    }

    private static NetworkCut Cut(Backbone frozen, FineTuneStages stages) => NetworkCut.At(
        new TuningSetting(
            TinyModel.Backbone, frozen, new FineTuningOptions { Stages = stages }, Seed: 1, ClassWeights.None, ComputeDevice.Cpu, ThreadCount: 1, Cache: null, StartTime: 0),
        Head);

    private static LinearLayer Head { get; } = new(
        [.. Enumerable.Range(0, 3 * TinyModel.Backbone.FeatureCount).Select(i => MathF.Sin(i * 0.37f))], [0.5f, -0.25f, 0]);

    private static float[] WholeLogits()
    {
        var builder = new GraphBuilder(TinyModel.Backbone.Graph);
        builder.Output(Head.AddTo(builder, "whole", builder.Tensor("Features")));
        return Run(builder.Build(), "Pixels", Pixels, [1, 3, Side, Side]);
    }

    private static float[] Logits(NetworkCut cut)
    {
        long[] shape = [.. cut.Trained.Inputs[0].Shape.Dimensions.Select(dimension => dimension.Symbol is not null ? 1 : dimension.Size)];
        return Run(cut.TrainedWith(new Dictionary<string, float[]>()), cut.Trained.Inputs[0].Name, Activations(cut.Frozen), shape);
    }

    private static float[] Activations(Graph frozen) => Run(frozen, "Pixels", Pixels, [1, 3, Side, Side]);

    private static float[] Run(Graph graph, string input, float[] values, long[] shape) =>
        NetworkRun.Run(OnnxModel.Write(graph), graph.Outputs[^1].Name, (input, values, shape)).Values;

    private static float[] Pixels { get; } = PicturePixels(20);

    private static Backbone Quantize(Backbone backbone)
    {
        QuantizablePart part = NetworkQuantizer.FindPart(backbone);
        float[][] pictures = [.. Enumerable.Range(0, 8).Select(PicturePixels)];
        return new NetworkQuantizer(backbone, part, Calibration.Run(part, pictures, 2, CancellationToken.None), weightBits: 7).Quantize([]);
    }

    private static float[] PicturePixels(int number)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("picture.png");
        Drawings.Draw(Drawings.Kinds[number % 3], number).SavePng(path);
        float[] pixels = new float[3 * Side * Side];
        new ImageReader().ReadPixels(path, TinyModel.Backbone.Preprocessing, pixels);
        return pixels;
    }
}
