using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class WeightQuantizerTests
{
    [TestMethod]
    [DataRow(8, 127)]
    [DataRow(7, 63)]
    public void Quantize_Kernel_IsWithinHalfAStepOfEveryWeight(int bits, int largest)
    {
        var random = new Random(3);
        float[] kernel = [.. Enumerable.Range(0, 4 * 27).Select(i => (random.NextSingle() - 0.5f) * (1 + (i / 27)))];
        float[] bias = [0.5f, -3, 0, 12];

        QuantizedLayer layer = WeightQuantizer.Quantize(kernel, bias, inputScale: 0.02f, bits);

        for (int i = 0; i < kernel.Length; i++)
            Assert.AreEqual(kernel[i], layer.Kernel[i] * layer.KernelScales[i / 27], 0.5001 * layer.KernelScales[i / 27]);
        for (int channel = 0; channel < 4; channel++)
        {
            Assert.AreEqual(largest, layer.Kernel.AsSpan(channel * 27, 27).ToArray().Max(value => Math.Abs((int)value)));
            Assert.AreEqual(bias[channel], layer.Bias[channel] * (double)layer.BiasScales[channel], layer.BiasScales[channel]);
            Assert.AreEqual(layer.KernelScales[channel] * 0.02f, layer.BiasScales[channel]);
        }
    }

    [TestMethod]
    public void Quantize_ChannelOfTinyWeightsWithABias_KeepsTheBias()
    {
        float[] kernel = [1e-30f, 0, -1e-30f, 0];

        QuantizedLayer layer = WeightQuantizer.Quantize(kernel, [250f], inputScale: 1e-3f, bits: 8);

        Assert.AreEqual(250, layer.Bias[0] * (double)layer.BiasScales[0], 1e-3);
    }

    [TestMethod]
    public void Quantize_DeadChannel_GivesZeros()
    {
        QuantizedLayer layer = WeightQuantizer.Quantize(new float[9], [0f], inputScale: 0.1f, bits: 8);

        CollectionAssert.AreEqual(new sbyte[9], layer.Kernel);
        Assert.IsTrue(float.IsNormal(layer.KernelScales[0]));
        Assert.AreEqual(0, WeightQuantizer.Error(new float[9], channelCount: 1, bits: 8));
    }

    [TestMethod]
    public void Quantize_SevenBits_NeverOverflowsTwoProductsIn16Bits()
    {
        float[] kernel = [.. Enumerable.Range(-50, 101).Select(value => (float)value)];

        QuantizedLayer layer = WeightQuantizer.Quantize(kernel, [0f], inputScale: 1, bits: 7);

        Assert.IsLessThanOrEqualTo(short.MaxValue, 2 * byte.MaxValue * layer.Kernel.Max(value => Math.Abs((int)value)));
    }
}
