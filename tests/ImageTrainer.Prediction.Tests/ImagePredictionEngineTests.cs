using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionEngineTests
{
    [TestMethod]
    public async Task Predict_PathMemoryAndStream_AgreeAndSoDoTheirAsyncForms()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        string path = folder.Write("image", Drawings.Draw("disc", 1).EncodeJpeg());
        byte[] content = File.ReadAllBytes(path);
        float[] expected = engine.Predict(path).Score.ToArray();

        ImagePrediction[] others =
        [
            engine.Predict(content),
            engine.Predict(new MemoryStream(content)),
            engine.Predict(new ForwardOnlyStream(content)),
            await engine.PredictAsync(path),
            await engine.PredictAsync(content),
            await engine.PredictAsync(new MemoryStream(content)),
            await engine.PredictAsync(new ForwardOnlyStream(content)),
            engine.PredictBatch([path])[0].Prediction!,
        ];

        foreach (ImagePrediction other in others)
            CollectionAssert.AreEqual(expected, other.Score.ToArray());
    }

    [TestMethod]
    public void Predict_AnyImage_GivesProbabilitiesInLabelOrder()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        ImagePrediction prediction = engine.Predict(Drawings.Draw("stripes", 1).EncodePng());

        float[] score = prediction.Score.ToArray();
        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), engine.Labels.ToArray());
        Assert.HasCount(TinyModel.Labels.Count, score);
        Assert.AreEqual(1f, score.Sum(), 1e-5f);
        Assert.IsTrue(score.All(value => value is >= 0 and <= 1));
        Assert.AreEqual(engine.Labels[Array.IndexOf(score, score.Max())], prediction.PredictedLabel);
    }

    [TestMethod]
    public void Predict_ImagesOfDataset_AgreesWithFeaturesAndHeadOfTraining()
    {
        const float Tolerance = 1e-5f;
        using var folder = new TemporaryFolder();
        ImageDataset images = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 4));
        using var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 2, cache: null);
        LinearLayer head = TinyModel.Head;
        float[] logits = new HeadFit(head.Weights, head.Biases, L2: 1, FoldCount: 0, HeldOutLogits: null, [], [])
            .Logits(featurizer.Featurize(images, null, CancellationToken.None).Features);
        float[] expected = [.. logits.Chunk(TinyModel.Labels.Count).SelectMany(row => SoftMax(row, temperature: 1.5))];
        using ImagePredictionEngine engine = TinyModel.Load();

        float[] scores = [.. images.Images.SelectMany(image => engine.Predict(image.Path).Score.ToArray())];

        Assert.HasCount(expected.Length, scores);
        Assert.IsLessThan(Tolerance, expected.Zip(scores, (left, right) => Math.Abs(left - right)).Max());
    }

    [TestMethod]
    public void Predict_ThreadsPerPrediction_NeverChangesTheAnswer()
    {
        byte[] image = Drawings.Draw("square", 1).EncodePng();
        using ImagePredictionEngine one = TinyModel.Load(new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });
        using ImagePredictionEngine three = TinyModel.Load(new ImagePredictionEngineOptions { ThreadsPerPrediction = 3 });

        float[] expected = one.Predict(image).Score.ToArray();
        float[] score = three.Predict(image).Score.ToArray();

        CollectionAssert.AreEqual(expected, score);
    }

    [TestMethod]
    public void Predict_BadImages_ThrowsImageDecodeExceptionAndTheEngineGoesOn()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxConcurrency = 1, MaxPixelCount = 80 * 72 });
        byte[] sound = Drawings.Draw("disc", 1).EncodeJpeg();
        float[] expected = engine.Predict(sound).Score.ToArray();

        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(folder.Combine("missing.jpg")));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(folder.Path));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict("no image"u8.ToArray()));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(ReadOnlyMemory<byte>.Empty));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(sound.AsMemory(0, sound.Length / 2)));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(new MemoryStream()));
        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(new RgbImage(81, 72, new byte[81 * 72 * 3]).EncodePng()));

        CollectionAssert.AreEqual(expected, engine.Predict(sound).Score.ToArray());
    }

    [TestMethod]
    public async Task Predict_StreamFails_ThrowsImageDecodeException()
    {
        using ImagePredictionEngine engine = TinyModel.Load();
        byte[] content = Drawings.Draw("disc", 1).EncodePng();

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(
            () => engine.Predict(new ForwardOnlyStream(content, failAt: 5000)));
        ImageDecodeException asynchronous = await Assert.ThrowsExactlyAsync<ImageDecodeException>(
            () => engine.PredictAsync(new ForwardOnlyStream(content, failAt: 5000)));

        Assert.AreEqual("the stream failed", exception.Reason);
        Assert.AreEqual("the stream failed", asynchronous.Reason);
    }

    [TestMethod]
    public async Task PredictAsync_CancelledBeforeAPlaceIsFree_ThrowsAndTheOthersGetTheirAnswers()
    {
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxConcurrency = 1 });
        using var source = new CancellationTokenSource();
        byte[] image = Drawings.Draw("disc", 1).EncodePng();
        float[] expected = engine.Predict(image).Score.ToArray();

        Task<ImagePrediction>[] served = Enumerable.Range(0, 60).Select(_ => engine.PredictAsync(image)).ToArray();
        Task<ImagePrediction> cancelled = engine.PredictAsync(image, source.Token);
        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        foreach (ImagePrediction prediction in await Task.WhenAll(served))
            CollectionAssert.AreEqual(expected, prediction.Score.ToArray());
    }

    [TestMethod]
    public void PredictBatch_GoodAndBadImages_KeepsOrderAndGivesErrorsAsValues()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        byte[] jpeg = Drawings.Draw("square", 50).EncodeJpeg();
        var paths = Enumerable.Range(0, 20).Select(i => folder.Write($"{i}.jpg", Drawings.Draw(Drawings.Kinds[i % 3], i).EncodeJpeg())).ToList();
        paths.Insert(3, folder.Combine("missing.jpg"));
        paths.Insert(8, folder.Write("text.jpg", "no photo, whatever it is called"));
        paths.Insert(15, folder.Write("cut.jpg", jpeg.AsSpan(0, jpeg.Length / 2)));
        float[] expected = [.. paths.Where(path => IsGood(folder, path)).SelectMany(path => engine.Predict(path).Score.ToArray())];

        IReadOnlyList<ImagePredictionResult> results = engine.PredictBatch(paths);

        CollectionAssert.AreEqual(paths, results.Select(result => result.Path).ToArray());
        CollectionAssert.AreEqual(
            paths.Select(path => IsGood(folder, path)).ToArray(), results.Select(result => result.Prediction is not null).ToArray());
        Assert.IsTrue(results.All(result => result.Prediction is null ^ result.Error is null));
        Assert.IsTrue(results.All(result => result.Error is null || result.Error.Path == result.Path));
        Assert.AreEqual("there is no such file", results[3].Error!.Reason);
        CollectionAssert.AreEqual(
            expected, results.Where(result => result.Prediction is not null).SelectMany(result => result.Prediction!.Score.ToArray()).ToArray());
    }

    [TestMethod]
    public void PredictBatch_Nothing_GivesNothing()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        Assert.IsEmpty(engine.PredictBatch([]));
    }

    [TestMethod]
    public void PredictBatch_Cancelled_Throws()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        Assert.Throws<OperationCanceledException>(() => engine.PredictBatch(["a.jpg", "b.jpg"], new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void Warmup_Often_ChangesNoAnswer()
    {
        byte[] image = Drawings.Draw("disc", 2).EncodePng();
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxConcurrency = 1 });
        float[] expected = engine.Predict(image).Score.ToArray();

        engine.Warmup();
        engine.Warmup();

        CollectionAssert.AreEqual(expected, engine.Predict(image).Score.ToArray());
    }

    [TestMethod]
    public void Warmup_LeastPixelCountAccepted_DoesNotThrow()
    {
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxPixelCount = 1 });

        engine.Warmup();
    }

    [TestMethod]
    public void Labels_CannotBeChanged()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        Assert.IsTrue(((IList<string>)engine.Labels).IsReadOnly);
        Assert.IsTrue(((IList<string>)engine.Manifest.Labels).IsReadOnly);
    }

    [TestMethod]
    public void Predict_NullOrEmpty_ThrowsArgumentException()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        Assert.ThrowsExactly<ArgumentNullException>(() => engine.Predict((string)null!));
        Assert.ThrowsExactly<ArgumentException>(() => engine.Predict(""));
        Assert.ThrowsExactly<ArgumentNullException>(() => engine.Predict((Stream)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => engine.Predict((byte[])null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => engine.PredictBatch(null!));
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("")]
    public void PredictBatch_PathNullOrEmpty_SaysWhichBeforeReadingAny(string? path)
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        var refused = Assert.ThrowsExactly<ArgumentException>(() => engine.PredictBatch(["a.jpg", path!]));

        Assert.AreEqual("paths", refused.ParamName);
        StringAssert.StartsWith(refused.Message, "Path 1 of 2, counted from 0, is null or empty.");
    }

    [TestMethod]
    public async Task Dispose_ThenAnyCall_ThrowsObjectDisposedException()
    {
        byte[] image = Drawings.Draw("disc", 1).EncodePng();
        ImagePredictionEngine engine = TinyModel.Load();
        engine.Predict(image);

        engine.Dispose();
        engine.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict("a.jpg"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(image));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(new MemoryStream(image)));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.PredictBatch(["a.jpg"]));
        Assert.ThrowsExactly<ObjectDisposedException>(engine.Warmup);
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => engine.PredictAsync("a.jpg"));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => engine.PredictAsync(image));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => engine.PredictAsync(new MemoryStream(image)));
    }

    private static bool IsGood(TemporaryFolder folder, string path) => char.IsAsciiDigit(Path.GetRelativePath(folder.Path, path)[0]);

    private static IEnumerable<float> SoftMax(float[] logits, double temperature)
    {
        double[] powers = [.. logits.Select(logit => Math.Exp((logit - logits.Max()) / temperature))];
        return powers.Select(power => (float)(power / powers.Sum()));
    }
}
