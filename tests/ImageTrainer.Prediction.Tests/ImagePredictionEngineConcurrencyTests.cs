using System.Diagnostics;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionEngineConcurrencyTests
{
    private const int ThreadCount = 64;
    private static readonly Lazy<byte[]> SmallZip = new(() => TinyModel.BuildZip(imageSize: 32));

    [TestMethod]
    [DataRow(20, 1)]
    [DataRow(5, 2)]
    public void Predict_ManyThreads_GiveTheSingleThreadedAnswers(int countPerThread, int threadsPerPrediction) =>
        CompareWithSingleThread(countPerThread, threadsPerPrediction);

    [TestMethod]
    [TestCategory("Slow")]
    [DoNotParallelize]
    public void Predict_ManyThreadsManyTimes_GiveTheSingleThreadedAnswers() => CompareWithSingleThread(countPerThread: 500, threadsPerPrediction: 1);

    [TestMethod]
    public void Dispose_CallersOfEveryKindAtWork_EndsThemWithoutHarm()
    {
        using var folder = new TemporaryFolder();
        byte[] image = Drawings.Draw("disc", 1).EncodePng();
        string path = folder.Write("a.png", image);
        ImagePredictionEngine engine = Load(new ImagePredictionEngineOptions { MaxConcurrency = 2 });
        using var allStarted = new Barrier(9);
        Action[] calls =
        [
            () => engine.Predict(image),
            () => engine.Predict(path),
            () => engine.PredictAsync(image).GetAwaiter().GetResult(),
            () => engine.PredictBatch([path, path, path, path, path]),
        ];

        Task[] callers = Enumerable.Range(0, 8)
            .Select(i => Task.Factory.StartNew(() => RepeatUntilDisposed(calls[i % 4], allStarted), TaskCreationOptions.LongRunning))
            .ToArray();
        allStarted.SignalAndWait();
        engine.Dispose();

        Assert.IsTrue(Task.WaitAll(callers, TimeSpan.FromMinutes(2)));
    }

    [TestMethod]
    [TestCategory("Slow")]
    [DoNotParallelize]
    public void Predict_TwentyThousandTimes_LeavesResidentMemoryWhereItWas()
    {
        const double LargestGrowth = 0.05;
        byte[][] images = [.. Drawings.Kinds.Select(kind => Drawings.Draw(kind, 1).EncodeJpeg())];
        using ImagePredictionEngine engine = Load(new ImagePredictionEngineOptions());
        Repeat(engine, images, 1_000);
        long early = ResidentByteCount();

        Repeat(engine, images, 19_000);

        long late = ResidentByteCount();
        Assert.IsLessThan(LargestGrowth, (double)(late - early) / early, $"{early:N0} bytes after 1,000 predictions, {late:N0} after 20,000");
    }

    private static ImagePredictionEngine Load(ImagePredictionEngineOptions options) =>
        ImagePredictionEngine.Load(new MemoryStream(SmallZip.Value, writable: false), options);

    private static void CompareWithSingleThread(int countPerThread, int threadsPerPrediction)
    {
        byte[][] images = [.. Enumerable.Range(0, 9).Select(i => Drawings.Draw(Drawings.Kinds[i % 3], i).EncodeJpeg())];
        using ImagePredictionEngine engine = Load(new ImagePredictionEngineOptions { ThreadsPerPrediction = threadsPerPrediction });
        float[][] expected = [.. images.Select(image => engine.Predict(image).Score.ToArray())];
        using var allStarted = new Barrier(ThreadCount);

        Task<int>[] callers = Enumerable.Range(0, ThreadCount)
            .Select(thread => Task.Factory.StartNew(() => CountWrong(thread), TaskCreationOptions.LongRunning))
            .ToArray();

        Assert.AreEqual(0, Task.WhenAll(callers).GetAwaiter().GetResult().Sum());

        int CountWrong(int thread)
        {
            allStarted.SignalAndWait();
            return Enumerable.Range(thread, countPerThread).Count(i =>
                !engine.Predict(images[i % images.Length]).Score.SequenceEqual(expected[i % images.Length]));
        }
    }

    private static void RepeatUntilDisposed(Action call, Barrier allStarted)
    {
        call();
        allStarted.SignalAndWait();
        try
        {
            while (true)
                call();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private static void Repeat(ImagePredictionEngine engine, byte[][] images, int count)
    {
        for (int i = 0; i < count; i++)
            engine.Predict(images[i % images.Length]);
    }

    private static long ResidentByteCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
