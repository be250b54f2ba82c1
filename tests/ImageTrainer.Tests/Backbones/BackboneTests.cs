using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ImageTrainer.Backbones;
using ImageTrainer.Networks;
using ImageTrainer.Tests.Backbones.Weights;
using ImageTrainer.Tests.Graphs;
using ImageTrainer.Tests.Networks;

namespace ImageTrainer.Tests.Backbones;

[TestClass]
public sealed class BackboneTests
{
    // The golden logits come from an independent implementation; see golden/ in the README of the test data. The slow reference beside
    // this test, in double precision on the same files, is up to 0.0054 (ResNet-18) and 0.0099 (ResNet-50) away from them, and within
    // 1e-4 of the network here: so they bound the order of things, and the slow reference holds the digits.
    private const float GoldenTolerance = 1.2e-2f;
    private const double ReferenceTolerance = 1e-4;
    private const float Tolerance = 1e-5f;
    private const int ImageSide = 224;

    [TestMethod]
    [TestCategory(TestData.Category)]
    [DataRow("resnet18", 512)]
    [DataRow("resnet50", 2048)]
    public void BuildPretrainedClassifier_RealWeights_GivesTheGoldenLogits(string name, int featureCount)
    {
        byte[] pixels = File.ReadAllBytes(TestData.Path("golden", "pixels_8x224x224x3_uint8_rgb.bin"));
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(TestData.Path("golden", $"{name}_logits_8x1000_f32.bin"))).ToArray();
        Backbone backbone = LoadImageNet(name);

        (float[] logits, long[] shape) = NetworkRun.Run(
            backbone.BuildPretrainedClassifier()!, "Logits", ("Pixels", ToPlanes(pixels, 8, ImageSide), [8, 3, ImageSide, ImageSide]));

        CollectionAssert.AreEqual(new long[] { 8, 1000 }, shape);
        Assert.AreEqual(name, backbone.Descriptor.Architecture);
        Assert.AreEqual(featureCount, backbone.FeatureCount);
        float worst = logits.Zip(expected, (actual, golden) => MathF.Abs(actual - golden)).Max();
        Assert.IsLessThanOrEqualTo(GoldenTolerance, worst);
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    [TestCategory("Slow")]
    [DataRow("resnet18", 96)]
    [DataRow("resnet50", 64)]
    public void BuildPretrainedClassifier_RealWeights_GivesTheLogitsOfTheSlowReference(string name, int side)
    {
        byte[] weights = File.ReadAllBytes(TestData.Path("backbones", $"{name}-imagenet.safetensors"));
        byte[] pixels = File.ReadAllBytes(TestData.Path("golden", "pixels_8x224x224x3_uint8_rgb.bin"))[..(3 * side * side)];

        CheckAgainstSlowReference(weights, pixels, side);
    }

    [TestMethod]
    public void BuildPretrainedClassifier_BatchNormOfAllSorts_GivesTheLogitsOfTheSlowReference()
    {
        byte[] pixels = new byte[3 * 32 * 32];
        new Random(5).NextBytes(pixels);

        CheckAgainstSlowReference(SafetensorsWriter.Write(ResNetFixture.ResNet10), pixels, 32);
    }

    [TestMethod]
    [DataRow(32)]
    [DataRow(96)]
    [DataRow(97)]
    [DataRow(224)]
    public void BuildFeaturizer_AnyImageSize_GivesFiniteFeatures(int size)
    {
        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(ResNetFixture.ResNet10), size);
        float[] pixels = [.. Enumerable.Range(0, 2 * backbone.Preprocessing.PixelLength).Select(i => (float)(i * 31 % 256))];

        (float[] features, long[] shape) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", pixels, [2, 3, size, size]));

        CollectionAssert.AreEqual(new long[] { 2, 512 }, shape);
        Assert.IsTrue(features.All(float.IsFinite));
        Assert.IsGreaterThan(0, features.Max());
    }

    [TestMethod]
    public void BuildClassifier_HeadAndTemperature_GivesScoresOfTheFeatures()
    {
        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(ResNetFixture.ResNet10));
        var random = new Random(3);
        var head = new LinearLayer([.. Enumerable.Range(0, 3 * 512).Select(_ => random.NextSingle() - 0.5f)], [0.1f, 0.2f, 0.3f]);
        float[] pixels = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (float)(i % 256))];

        byte[] model = backbone.BuildClassifier(head, 2.5f);
        (float[] features, _) = NetworkRun.Run(model, "Features", ("Pixels", pixels, [1, 3, 32, 32]));
        (float[] scores, _) = NetworkRun.Run(model, "Score", ("Pixels", pixels, [1, 3, 32, 32]));
        (float[] logScores, _) = NetworkRun.Run(model, "LogScore", ("Pixels", pixels, [1, 3, 32, 32]));

        double Logit(int k) => head.Biases[k] + features.Select((feature, d) => feature * head.Weights[(k * 512) + d]).Sum();
        double[] exponentials = [.. Enumerable.Range(0, 3).Select(k => Math.Exp(Logit(k) / 2.5))];
        for (int k = 0; k < 3; k++)
        {
            Assert.AreEqual(exponentials[k] / exponentials.Sum(), scores[k], Tolerance);
            Assert.AreEqual(Math.Log(scores[k]), logScores[k], Tolerance);
        }
    }

    [TestMethod]
    public void BuildClassifier_HeadOfAnotherWidth_IsTheCallersMistake()
    {
        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(ResNetFixture.ResNet10, "F16"));

        Assert.Throws<ArgumentException>(() => backbone.BuildClassifier(new LinearLayer(new float[2 * 100], new float[2]), 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => backbone.BuildClassifier(new LinearLayer(new float[2 * 512], new float[2]), 0));
    }

    [TestMethod]
    public void Build_Twice_GivesTheSameBytes()
    {
        byte[] file = SafetensorsWriter.Write(ResNetFixture.ResNet10, "F16");
        var head = new LinearLayer(new float[2 * 512], new float[2]);

        Backbone first = WeightFixture.Load(file), second = WeightFixture.Load(file);

        Assert.IsTrue(first.BuildFeaturizer().AsSpan().SequenceEqual(second.BuildFeaturizer()));
        Assert.IsTrue(first.BuildClassifier(head, 1).AsSpan().SequenceEqual(second.BuildClassifier(head, 1)));
    }

    [TestMethod]
    public void Load_AnyFile_SaysItsHashAndPreprocessing()
    {
        byte[] file = SafetensorsWriter.Write(ResNetFixture.ResNet10, "F16");

        Backbone backbone = WeightFixture.Load(file, 64, WeightFixture.Descriptor with { ResizeMode = Imaging.ResizeMode.Pad });

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(file)), backbone.Sha256);
        Assert.AreEqual(new Imaging.ImagePreprocessing { Width = 64, Height = 64, ResizeMode = Imaging.ResizeMode.Pad }, backbone.Preprocessing);
    }

    [TestMethod]
    [DataRow(31)]
    [DataRow(4097)]
    public void Load_ImageSizeOutOfRange_IsTheCallersMistake(int size) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => WeightFixture.Load([], size));

    private static Backbone LoadImageNet(string name)
    {
        string path = TestData.Path("backbones", $"{name}-imagenet.safetensors");
        using FileStream content = File.OpenRead(path);
        return Backbone.Load(new BackboneDescriptor { Name = name, FileName = Path.GetFileName(path) }, path, content);
    }

    private static void CheckAgainstSlowReference(byte[] weights, byte[] pixels, int side)
    {
        double[] expected = new SlowResNet(weights).Logits(pixels, side);

        byte[] model = WeightFixture.Load(weights, side).BuildPretrainedClassifier()!;
        (float[] logits, _) = NetworkRun.Run(model, "Logits", ("Pixels", ToPlanes(pixels, 1, side), [1, 3, side, side]));

        double worst = logits.Zip(expected, (actual, reference) => Math.Abs(actual - reference)).Max();
        Assert.IsLessThanOrEqualTo(ReferenceTolerance, worst);
    }

    private static float[] ToPlanes(byte[] pixels, int count, int side)
    {
        int area = side * side;
        float[] planes = new float[pixels.Length];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < area * 3; j++)
                planes[(i * area * 3) + (j % 3 * area) + (j / 3)] = pixels[(i * area * 3) + j];
        }

        return planes;
    }
}
