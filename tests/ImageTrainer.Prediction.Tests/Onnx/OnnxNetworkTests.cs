using ImageTrainer.Graphs;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Onnx;

[TestClass]
public class OnnxNetworkTests
{
    [TestMethod]
    public void Run_TwoImages_GivesTheirRows()
    {
        using OnnxNetwork network = PlainNetwork.Open();
        float[] pixels = new float[2 * network.PixelLength];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i / 16;
        float[] rows = new float[7];

        network.Run(pixels, 2, "Means", rows);

        Assert.AreEqual((4, 4, 48, 3), (network.Height, network.Width, network.PixelLength, network.FindRowLength("Means")));
        CollectionAssert.AreEqual(new float[] { 0, 1, 2, 3, 4, 5, 0 }, rows);
    }

    [TestMethod]
    public void FindRowLength_NoSuchOutput_IsNullAndRunThrows()
    {
        using OnnxNetwork network = PlainNetwork.Open();

        int? length = network.FindRowLength("Score");

        Assert.IsNull(length);
        Assert.ThrowsExactly<ArgumentException>(() => network.Run(new float[48], 1, "Score", new float[3]));
    }

    [TestMethod]
    public void Create_OtherInput_ThrowsInvalidDataException()
    {
        var options = new OnnxNetworkOptions { ThreadCount = 1 };

        Assert.ThrowsExactly<InvalidDataException>(() => new OnnxNetwork(PlainNetwork.Means(input: "image"), options));
        Assert.ThrowsExactly<InvalidDataException>(() => new OnnxNetwork(PlainNetwork.Means(shape: new TensorShape("N", 1, 4, 4)), options));
        Assert.ThrowsExactly<InvalidDataException>(() => new OnnxNetwork(PlainNetwork.Means(shape: new TensorShape("N", 3, "H", 4)), options));
    }

    [TestMethod]
    public void Create_NoOnnxFile_ThrowsOnnxRuntimeException()
    {
        Assert.ThrowsExactly<OnnxRuntimeException>(() => new OnnxNetwork([1, 2, 3], new OnnxNetworkOptions()));
    }

    [TestMethod]
    public void Dispose_RunsUnderWay_LetsThemEndAndRefusesLaterOnes()
    {
        const int ThreadCount = 8;
        var network = new OnnxNetwork(TinyModel.Network, new OnnxNetworkOptions { ThreadCount = 1 });
        using var allStarted = new Barrier(ThreadCount + 1);

        Task<int>[] callers = Enumerable.Range(0, ThreadCount)
            .Select(_ => Task.Factory.StartNew(() => RunUntilRefused(network, allStarted), TaskCreationOptions.LongRunning))
            .ToArray();
        allStarted.SignalAndWait();
        network.Dispose();
        network.Dispose();

        Assert.IsTrue(Task.WaitAll(callers, TimeSpan.FromMinutes(2)));
        Assert.IsTrue(callers.All(caller => caller.Result >= 1));
    }

    private static int RunUntilRefused(OnnxNetwork network, Barrier allStarted)
    {
        float[] pixels = new float[network.PixelLength];
        float[] score = new float[TinyModel.Labels.Count];
        for (int count = 0; ; count++)
        {
            try
            {
                network.Run(pixels, 1, "Score", score);
            }
            catch (ObjectDisposedException)
            {
                return count;
            }

            if (count == 0) allStarted.SignalAndWait();
        }
    }
}
