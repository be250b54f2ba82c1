using ImageTrainer.Imaging;

namespace ImageTrainer.Tests;

/// <summary>Batches of files, bytes and streams, and pixels.</summary>
[TestClass]
public class ImagePredictionEngineBatchTests
{
    [TestMethod]
    public async Task PredictBatchAsync_FilesBytesAndStreams_GiveTheSameAnswersInOrder()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        string[] paths = [.. Enumerable.Range(0, 9).Select(i => folder.Write($"{i}.png", Drawings.Draw(Drawings.Kinds[i % 3], i).EncodePng()))];
        paths[4] = folder.Write("4.png", "no image");
        byte[][] files = [.. paths.Select(File.ReadAllBytes)];
        IReadOnlyList<ImagePredictionResult> expected = engine.PredictBatch(paths);

        IReadOnlyList<ImagePredictionResult> ofPaths = await engine.PredictBatchAsync(paths);
        IReadOnlyList<ImagePredictionResult> ofBytes = await engine.PredictBatchAsync([.. files.Select(file => (ReadOnlyMemory<byte>)file)]);
        IReadOnlyList<ImagePredictionResult> ofStreams = await engine.PredictBatchAsync([.. files.Select(file => (Stream)new ForwardOnlyStream(file))]);

        foreach (IReadOnlyList<ImagePredictionResult> actual in (IReadOnlyList<ImagePredictionResult>[])[ofPaths, ofBytes, ofStreams])
        {
            Assert.HasCount(9, actual);
            Assert.IsNotNull(actual[4].Error);
            foreach ((ImagePredictionResult a, ImagePredictionResult b) in expected.Zip(actual).Where(pair => pair.First.Error is null))
                CollectionAssert.AreEqual(a.Prediction!.Scores.ToArray(), b.Prediction!.Scores.ToArray());
        }
    }

    [TestMethod]
    public async Task PredictBatchAsync_NullStream_IsRefusedBeforeAnythingIsRead()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        await Assert.ThrowsExactlyAsync<ArgumentNullException>(() => engine.PredictBatchAsync(new Stream[] { null! }));
    }

    [TestMethod]
    public void Predict_Pixels_AnswersAsTheirFileDoes()
    {
        using ImagePredictionEngine engine = TinyModel.Load();
        RgbImage image = Drawings.Draw("disc", 3);

        ImagePrediction prediction = engine.Predict(image);

        CollectionAssert.AreEqual(engine.Predict(image.EncodePng()).Scores.ToArray(), prediction.Scores.ToArray());
    }

    [TestMethod]
    [DataRow(64, 64, DisplayName = "the network's size")]
    [DataRow(1, 1)]
    [DataRow(257, 31)]
    [DataRow(640, 481)]
    public void Predict_Pixels_AnswersAsBitmapAndPngDo(int width, int height)
    {
        using ImagePredictionEngine engine = TinyModel.Load();
        byte[] pixels = new byte[3 * width * height];
        new Random(width).NextBytes(pixels);
        var image = new RgbImage(width, height, pixels);
        byte[] bitmap = BitmapWriter.Encode(width, height, (x, y) =>
        {
            int at = 3 * ((y * width) + x);
            return (pixels[at + 2], pixels[at + 1], pixels[at]);
        });

        float[] score = engine.Predict(image).Scores.ToArray();

        CollectionAssert.AreEqual(engine.Predict(bitmap).Scores.ToArray(), score);
        CollectionAssert.AreEqual(engine.Predict(image.EncodePng()).Scores.ToArray(), score);
    }

    [TestMethod]
    public void Predict_MorePixelsThanAreAccepted_IsRefusedByTheirNumber()
    {
        using ImagePredictionEngine engine = TinyModel.Load(new ImagePredictionEngineOptions { MaxPixelCount = 100 });

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(new RgbImage(11, 10, new byte[330])));

        Assert.AreEqual("Cannot read the image: it has 11 x 10 pixels, more than the 100 that are accepted (MaxPixelCount).", exception.Message);
    }

    [TestMethod]
    public void Predict_PixelsThatAreTooFew_IsRefused()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        Assert.ThrowsExactly<ArgumentException>(() => engine.Predict(new RgbImage(4, 4, new byte[3])));
    }
}
