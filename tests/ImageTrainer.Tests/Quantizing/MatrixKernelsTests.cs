using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class MatrixKernelsTests
{
    private const int Side = TinyModel.ImageSize;
    private static readonly Lazy<byte[]> Int8 = new(Quantize);

    [TestMethod]
    public void Prefer_Int8Network_GivesTheSameFeaturesToTheLastBit()
    {
        byte[] rewritten = MatrixKernels.Prefer(Int8.Value);

        float[] pixels = [.. RandomPixels(4).SelectMany(image => image)];
        CollectionAssert.AreEqual(Run(Int8.Value, pixels), Run(rewritten, pixels));
    }

    [TestMethod]
    public void Prefer_Int8Network_RewritesTheLayersWithLongSumsAndManyChannels()
    {
        byte[] before = [.. Int8.Value];

        byte[] rewritten = MatrixKernels.Prefer(Int8.Value);

        CollectionAssert.AreEqual(before, Int8.Value);
        string[] expected = [.. Kernels(before).Where(kernel => kernel.Dims[0] >= 128 && kernel.RawData.Length / kernel.Dims[0] >= 512).Select(kernel => kernel.Name)];
        string[] changed =
        [
            .. Kernels(before).Zip(Kernels(rewritten))
                .Where(pair => !pair.First.RawData.Equals(pair.Second.RawData))
                .Select(pair => pair.First.Name),
        ];
        Assert.IsNotEmpty(expected);
        CollectionAssert.AreEqual(expected, changed);
    }

    [TestMethod]
    public void Prefer_NothingToRewrite_GivesTheSameArray()
    {
        byte[] fp32 = TinyModel.Backbone.BuildFeaturizer(), rewritten = MatrixKernels.Prefer(Int8.Value);

        Assert.AreSame(fp32, MatrixKernels.Prefer(fp32));
        Assert.AreSame(rewritten, MatrixKernels.Prefer(rewritten));
    }

    [TestMethod]
    public void Prefer_DamagedBytes_LeavesTheErrorToTheRuntime()
    {
        var random = new Random(8);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. Int8.Value];
            for (int flips = 0; flips < 20; flips++) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            int length = i % 2 == 0 ? damaged.Length : random.Next(damaged.Length);

            Assert.HasCount(length, MatrixKernels.Prefer(damaged[..length]));
        }
    }

    private static byte[] Quantize()
    {
        QuantizablePart part = NetworkQuantizer.FindPart(TinyModel.Backbone);
        Calibration calibration = Calibration.Run(part, RandomPixels(4), threadCount: 2, CancellationToken.None);
        return new NetworkQuantizer(TinyModel.Backbone, part, calibration, weightBits: 8).Quantize([]).BuildFeaturizer();
    }

    private static float[][] RandomPixels(int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 3 * Side * Side).Select(_ => (float)random.Next(256)).ToArray())];
    }

    private static float[] Run(byte[] network, float[] pixels) =>
        NetworkRun.Run(network, "Features", ("Pixels", pixels, [pixels.Length / (3 * Side * Side), 3, Side, Side])).Values;

    private static IEnumerable<TensorProto> Kernels(byte[] network) => ModelProto.Parser.ParseFrom(network).Graph.Initializer
        .Where(tensor => tensor.Name.EndsWith(MatrixKernels.IntegersSuffix, StringComparison.Ordinal) && tensor.DataType == (int)ElementType.Int8);
}
