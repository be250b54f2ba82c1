using ImageTrainer.Imaging;

namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionEngineStreamTests
{
    private const int Patience = 60_000;

    [TestMethod]
    public async Task Predict_LongStreamThatBeginsLikeNoImage_IsReadNoFurther()
    {
        using ImagePredictionEngine engine = TinyModel.Load();
        using var zeros = new MemoryStream(new byte[1 << 20]);
        using var others = new MemoryStream(new byte[1 << 20]);

        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(zeros));
        await Assert.ThrowsExactlyAsync<ImageDecodeException>(() => engine.PredictAsync(others));

        Assert.AreEqual(ImageFormats.HeaderLength, zeros.Position);
        Assert.AreEqual(ImageFormats.HeaderLength, others.Position);
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Predict_OtherStreamsStall_IsAnsweredAllTheSame()
    {
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxConcurrency = 1 });
        byte[] image = Drawings.Draw("disc", 1).EncodePng();
        WaitingStream[] stalled = [new(image), new(image)];

        Task<ImagePrediction>[] waiting = [.. stalled.Select(stream => engine.PredictAsync(stream))];
        await Task.WhenAll(stalled.Select(stream => stream.Begun));
        ImagePrediction answer = engine.Predict(image);
        bool wereWaiting = !waiting.Any(task => task.IsCompleted);
        foreach (WaitingStream stream in stalled) stream.GoOn();

        Assert.IsTrue(wereWaiting);
        foreach (ImagePrediction late in await Task.WhenAll(waiting)) Assert.AreEqual(answer.Probability, late.Probability);
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task PredictAsync_CancelledWhileReading_ThrowsAndThePlaceIsFree()
    {
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxConcurrency = 1 });
        byte[] image = Drawings.Draw("disc", 1).EncodePng();
        using var source = new CancellationTokenSource();
        var slow = new WaitingStream(image);

        Task<ImagePrediction> cancelled = engine.PredictAsync(slow, source.Token);
        await slow.Begun;
        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        Assert.IsNotNull(engine.Predict(image));
    }

    [TestMethod]
    public async Task AnyCall_StreamThatCannotBeRead_ThrowsArgumentException()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        using FileStream forWriting = File.OpenWrite(folder.Combine("file"));
        var closed = new MemoryStream();
        await closed.DisposeAsync();

        foreach (Stream stream in new Stream[] { forWriting, closed })
        {
            Assert.AreEqual("image", Assert.ThrowsExactly<ArgumentException>(() => engine.Predict(stream)).ParamName);
            Assert.AreEqual("image", (await Assert.ThrowsExactlyAsync<ArgumentException>(() => engine.PredictAsync(stream))).ParamName);
            var refused = Assert.ThrowsExactly<ArgumentException>(() => ImagePredictionEngine.Load(stream));
            Assert.AreEqual("stream", refused.ParamName);
            Assert.Contains("cannot be read", refused.Message);
        }
    }

    /// <summary>An image that arrives once it is told to.</summary>
    private sealed class WaitingStream(byte[] content) : MemoryStream(content)
    {
        private readonly TaskCompletionSource _begun = new();
        private readonly TaskCompletionSource _goOn = new();

        public Task Begun => _begun.Task;

        public void GoOn() => _goOn.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _begun.TrySetResult();
            await _goOn.Task.WaitAsync(cancellationToken);
            return Read(buffer.Span);
        }
    }
}
