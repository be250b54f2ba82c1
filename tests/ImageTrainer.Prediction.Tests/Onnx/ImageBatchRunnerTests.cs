using System.Collections.Concurrent;
using ImageTrainer.Onnx;

namespace ImageTrainer.Tests.Onnx;

[TestClass]
public class ImageBatchRunnerTests
{
    private const string Output = "Means";

    [TestMethod]
    [DataRow(0, 1, 4)]
    [DataRow(1, 4, 4)]
    [DataRow(1000, 1, 4)]
    [DataRow(1000, 4, 7)]
    [DataRow(1001, 3, 1)]
    public void Run_AnyCount_HandsOutEveryIndexOnceWithItsOwnRow(int count, int workerCount, int batchSize)
    {
        using OnnxNetwork network = PlainNetwork.Open();
        using var runner = new ImageBatchRunner(network, Output, workerCount, batchSize);
        int[] fillCounts = new int[count];
        var rows = new ConcurrentBag<(int Index, float Value)>();

        runner.Run(count, Fill, (index, row) => rows.Add((index, row[1])), CancellationToken.None);

        Assert.IsTrue(fillCounts.All(times => times == 1));
        CollectionAssert.AreEqual(
            Enumerable.Range(0, count).Select(index => (index, (float)index)).ToArray(), rows.Order().ToArray());

        bool Fill(int index, Span<float> pixels)
        {
            Interlocked.Increment(ref fillCounts[index]);
            pixels.Fill(index);
            return true;
        }
    }

    [TestMethod]
    public void Run_FillGivesFalse_LeavesTheImageOut()
    {
        using OnnxNetwork network = PlainNetwork.Open();
        using var runner = new ImageBatchRunner(network, Output, workerCount: 2, batchSize: 4);
        var rows = new ConcurrentBag<(int Index, float Value)>();

        runner.Run(
            50,
            (index, pixels) =>
            {
                pixels.Fill(index);
                return index % 3 == 0;
            },
            (index, row) => rows.Add((index, row[0])),
            CancellationToken.None);

        CollectionAssert.AreEqual(
            Enumerable.Range(0, 17).Select(i => (3 * i, (float)(3 * i))).ToArray(), rows.Order().ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public void Run_FillThrows_ThrowsThatVeryExceptionAndStopsTheOthers(int workerCount)
    {
        using OnnxNetwork network = PlainNetwork.Open();
        using var runner = new ImageBatchRunner(network, Output, workerCount, batchSize: 2);
        var failure = new InvalidOperationException("on purpose");
        int fillCount = 0;

        InvalidOperationException thrown = Assert.ThrowsExactly<InvalidOperationException>(() => runner.Run(
            1_000_000,
            (index, _) => Interlocked.Increment(ref fillCount) > 0 && index == 100 ? throw failure : true,
            (_, _) => { },
            CancellationToken.None));

        Assert.AreSame(failure, thrown);
        Assert.IsLessThan(1_000_000, fillCount);
    }

    [TestMethod]
    public void Run_Cancelled_ThrowsAndWhatWasHandedOutStands()
    {
        using OnnxNetwork network = PlainNetwork.Open();
        using var runner = new ImageBatchRunner(network, Output, workerCount: 3, batchSize: 2);
        using var source = new CancellationTokenSource();
        var rows = new ConcurrentBag<(int Index, float Value)>();

        OperationCanceledException exception = Assert.Throws<OperationCanceledException>(() => runner.Run(
            1_000_000,
            (index, pixels) =>
            {
                if (index == 200) source.Cancel();
                pixels.Fill(index);
                return true;
            },
            (index, row) => rows.Add((index, row[0])),
            source.Token));

        Assert.AreEqual(source.Token, exception.CancellationToken);
        Assert.IsTrue(rows.Count is > 100 and < 1_000_000, $"{rows.Count} rows");
        Assert.IsTrue(rows.All(row => row.Value == row.Index));
    }

    [TestMethod]
    public void Run_CancelledBefore_FillsNothing()
    {
        using OnnxNetwork network = PlainNetwork.Open();
        using var runner = new ImageBatchRunner(network, Output, workerCount: 2);
        int fillCount = 0;

        Assert.Throws<OperationCanceledException>(() => runner.Run(
            10, (_, _) => Interlocked.Increment(ref fillCount) > 0, (_, _) => { }, new CancellationToken(canceled: true)));

        Assert.AreEqual(0, fillCount);
    }

    [TestMethod]
    public void Create_ArgumentsOutOfRange_Throws()
    {
        using OnnxNetwork network = PlainNetwork.Open();

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageBatchRunner(network, Output, workerCount: 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageBatchRunner(network, Output, workerCount: 1, batchSize: 0));
        Assert.ThrowsExactly<ArgumentException>(() => new ImageBatchRunner(network, "Score", workerCount: 1));
    }

    [TestMethod]
    [DataRow("Features")]
    [DataRow("Score")]
    public void Run_AnyBatchSizeAndWorkerCount_GivesTheSameBits(string output)
    {
        const int ImageCount = 11;
        using var network = new OnnxNetwork(TinyModel.Network, new OnnxNetworkOptions { ThreadCount = 1 });
        float[][] expected = RunAll(network, output, ImageCount, workerCount: 1, batchSize: 1);

        foreach ((int workerCount, int batchSize) in
            from workerCount in Enumerable.Range(1, 4) from batchSize in Enumerable.Range(1, 9) select (workerCount, batchSize))
        {
            float[][] rows = RunAll(network, output, ImageCount, workerCount, batchSize);

            for (int i = 0; i < ImageCount; i++)
                CollectionAssert.AreEqual(expected[i], rows[i], $"image {i}, {workerCount} workers, batches of {batchSize}");
        }
    }

    private static float[][] RunAll(OnnxNetwork network, string output, int count, int workerCount, int batchSize)
    {
        using var runner = new ImageBatchRunner(network, output, workerCount, batchSize);
        float[][] rows = new float[count][];
        runner.Run(count, Fill, (index, row) => rows[index] = row.ToArray(), CancellationToken.None);
        return rows;

        static bool Fill(int index, Span<float> pixels)
        {
            var random = new Random(index);
            foreach (ref float pixel in pixels)
                pixel = random.Next(256);
            return true;
        }
    }
}
