using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Models;
using ImageTrainer.Networks;
using ImageTrainer.Tests.Models;
using ImageTrainer.Tests.Training;
using ImageTrainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Tests.MLNet;

/// <summary>Our zips in ML.NET.</summary>
[TestClass]
public class StockZipTests
{
    [TestMethod]
    [DataRow("path", 2)]
    [DataRow("path", 10)]
    [DataRow("path", 1000)]
    [DataRow("image", 2)]
    [DataRow("image", 10)]
    [DataRow("image", 1000)]
    public void Load_WithoutOurAssemblies_GivesOurScoresOfIdenticalPixels(string kind, int classCount)
    {
        using var folder = new TemporaryFolder();
        string zip = folder.Write("model.zip", Pack(classCount, Columns(kind == "path" ? ImageColumnKind.Path : ImageColumnKind.Image)));
        string[] photos = DrawAtInputSize(folder, 6);

        MLNetAlone.Prediction[] actual = MLNetAlone.Predict(zip, "Photo", kind, photos);

        using var engine = ImagePredictionEngine.Load(zip);
        AssertSame(engine, photos, actual);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(10)]
    [DataRow(1000)]
    public void Load_ModelOfEncodedBytes_FindsOurDecoderByName(int classCount)
    {
        using var folder = new TemporaryFolder();
        string zip = folder.Write("model.zip", Pack(classCount, Columns(ImageColumnKind.Encoded)));
        string[] photos = DrawAtInputSize(folder, 4);
        var context = new MLContext();

        ITransformer model = context.Model.Load(zip, out _);
        IDataView scored = model.Transform(context.Data.LoadFromEnumerable(photos.Select(path => new EncodedRow { Photo = File.ReadAllBytes(path) }).ToArray()));

        using var engine = ImagePredictionEngine.Load(zip);
        AssertSame(engine, photos, [.. scored.GetColumn<string>("PredictedLabel").Zip(scored.GetColumn<float[]>("Score"), (label, scores) => new MLNetAlone.Prediction(label, scores))]);
    }

    [TestMethod]
    public void Load_LoadedAndSavedByMLNetBefore_AnswersTheSameInTheEngine()
    {
        using var folder = new TemporaryFolder();
        string zip = folder.Write("model.zip", Pack(10, Columns(ImageColumnKind.Path)));
        string[] photos = DrawAtInputSize(folder, 6);

        MLNetAlone.SaveAgain(zip, folder.Combine("again.zip"));
        MLNetAlone.SaveAgain(folder.Combine("again.zip"), folder.Combine("third.zip"));

        using var engine = ImagePredictionEngine.Load(zip);
        using var third = ImagePredictionEngine.Load(folder.Combine("third.zip"));
        CollectionAssert.AreEqual(engine.Labels.ToArray(), third.Labels.ToArray());
        foreach (string photo in photos) CollectionAssert.AreEqual(engine.Predict(photo).Scores.ToArray(), third.Predict(photo).Scores.ToArray());
    }

    [TestMethod]
    public void Write_SameModelAtAnotherTime_GivesTheSameBytes()
    {
        byte[] first = Pack(10, Columns(ImageColumnKind.Path));
        Thread.Sleep(TimeSpan.FromSeconds(2.1)); // A zip counts in steps of two seconds.

        CollectionAssert.AreEqual(first, Pack(10, Columns(ImageColumnKind.Path)));
    }

    [TestMethod]
    [DataRow(1024)]
    [DataRow(1025)]
    public void Load_ManyClasses_HasLabelsAsSlotNamesAndKeys(int classCount)
    {
        var context = new MLContext();
        using var zip = new MemoryStream(Pack(classCount, Columns(ImageColumnKind.Path)));

        ITransformer model = context.Model.Load(zip, out DataViewSchema input);

        Assert.AreEqual("Photo", input.Single().Name);
        VBuffer<ReadOnlyMemory<char>> names = default;
        model.GetOutputSchema(input)["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(NastyLabels.Take(classCount), names.DenseValues().Select(name => name.ToString()).ToArray());
    }

    [TestMethod]
    public void Load_LabelOfNoLength_IsPredictedAsAText()
    {
        using var folder = new TemporaryFolder();
        string zip = folder.Write("model.zip", TinyModel.Pack(TinyModel.Manifest(["", "a", "b", "c"], TinyModel.ImageSize), TinyModel.Network));
        string[] photos = DrawAtInputSize(folder, 6);

        MLNetAlone.Prediction[] actual = MLNetAlone.Predict(zip, "ImagePath", "path", photos);

        using var engine = ImagePredictionEngine.Load(zip);
        AssertSame(engine, photos, actual);
    }

    [TestMethod]
    public void Evaluate_LoadedZipWithLabelsNumberedAsItsScores_GivesTheModelsFigures()
    {
        using var bench = new TrainingBench();
        var context = new MLContext(seed: 1);
        IDataView photos = context.Data.LoadFromImageFolder(WriteAtInputSize(bench.Folder));
        using ImageClassificationModel model = bench.Fit(((ImageDataView)photos).Dataset);
        context.Model.Save(model, photos.Schema, bench.Combine("model.zip"));
        IDataView reversed = context.Data.LoadFromEnumerable(context.Data.CreateEnumerable<LabelledRow>(photos, reuseRowObject: false).Reverse().ToArray());

        ITransformer loaded = context.Model.Load(bench.Combine("model.zip"), out _);
        VBuffer<ReadOnlyMemory<char>> names = default;
        loaded.GetOutputSchema(reversed.Schema)["Score"].GetSlotNames(ref names);
        IDataView keyData = context.Data.LoadFromEnumerable(names.DenseValues().Select(name => new { Label = name.ToString() }));
        IDataView numbered = context.Transforms.Conversion.MapValueToKey("Label", keyData: keyData).Fit(reversed).Transform(reversed);
        MulticlassClassificationMetrics metrics = context.MulticlassClassification.Evaluate(loaded.Transform(numbered));

        MulticlassClassificationMetrics expected = context.MulticlassClassification.Evaluate(model.Transform(photos));
        Assert.AreEqual(expected.MicroAccuracy, metrics.MicroAccuracy);
        Assert.AreEqual(expected.LogLoss, metrics.LogLoss, 1e-4);
        IDataView careless = context.Transforms.Conversion.MapValueToKey("Label").Fit(reversed).Transform(reversed);
        Assert.IsLessThan(expected.MicroAccuracy, context.MulticlassClassification.Evaluate(loaded.Transform(careless)).MicroAccuracy);
    }

    [TestMethod]
    public void CreatePredictionEngine_ModelThatItDoesNotOwn_LeavesItUsable()
    {
        using var bench = new TrainingBench();
        var context = new MLContext(seed: 1);
        IDataView photos = context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 4));
        using ImageClassificationModel model = bench.Fit(((ImageDataView)photos).Dataset);

        context.Model.CreatePredictionEngine<LabelledRow, ScoreRow>(model, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();
        Assert.HasCount(12, model.Transform(photos).GetColumn<float[]>("Score").ToArray());
        context.Model.CreatePredictionEngine<LabelledRow, ScoreRow>(model).Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(photos).GetColumn<float[]>("Score").ToArray());
    }

    private static ModelColumns Columns(ImageColumnKind kind) => new("Photo", kind, "Label", "Score", "PredictedLabel");

    private static byte[] Pack(int classCount, ModelColumns columns)
    {
        float[] weights = new float[classCount * TinyModel.Backbone.FeatureCount];
        var random = new Random(5);
        for (int i = 0; i < weights.Length; i++) weights[i] = random.NextSingle() - 0.5f;
        byte[] network = TinyModel.Backbone.BuildClassifier(new LinearLayer(weights, new float[classCount]), 1);
        using var stream = new MemoryStream();
        ModelArchiveWriter.Write(stream, TinyModel.Manifest(NastyLabels.Take(classCount), TinyModel.ImageSize), network, columns);
        return stream.ToArray();
    }

    /// <summary>Pictures of the network's own size: nothing is resized, so that both systems see the same pixels.</summary>
    private static string[] DrawAtInputSize(TemporaryFolder folder, int count) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
        {
            byte[] pixels = new byte[3 * TinyModel.ImageSize * TinyModel.ImageSize];
            new Random(number).NextBytes(pixels);
            string path = folder.Combine($"{number}.png");
            Imaging.ImageWriter.SavePng(new Imaging.RgbImage(TinyModel.ImageSize, TinyModel.ImageSize, pixels), path);
            return path;
        }),
    ];

    private static void AssertSame(ImagePredictionEngine engine, string[] photos, MLNetAlone.Prediction[] actual)
    {
        Assert.HasCount(photos.Length, actual);
        foreach ((string photo, MLNetAlone.Prediction prediction) in photos.Zip(actual))
        {
            ImagePrediction expected = engine.Predict(photo);
            Assert.AreEqual(expected.PredictedLabel, prediction.Label);
            for (int k = 0; k < expected.Score.Length; k++) Assert.AreEqual(expected.Score[k], prediction.Scores[k], 1e-5f);
        }
    }

    // Pictures of three classes that are told by their colour.
    private static string WriteAtInputSize(TemporaryFolder folder)
    {
        for (int number = 0; number < 15; number++)
        {
            byte[] pixels = new byte[3 * TinyModel.ImageSize * TinyModel.ImageSize];
            for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i % 3 == number % 3 ? 200 - number : 20 + (number * 3));
            string path = folder.Write($"colours/{Drawings.Kinds[number % 3]}/{number}.png", "");
            Imaging.ImageWriter.SavePng(new Imaging.RgbImage(TinyModel.ImageSize, TinyModel.ImageSize, pixels), path);
        }

        return folder.Combine("colours");
    }

    private sealed class LabelledRow
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class ScoreRow
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class EncodedRow
    {
        public byte[] Photo { get; set; } = [];
    }
}
