using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Tests.Training;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Tests.MLNet;

/// <summary>The trainer and its model in pipelines of ML.NET.</summary>
[TestClass]
public class PipelineTests
{
    private readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void Fit_FolderOfPhotos_EvaluatesToOurFiguresAndSavesWhatTheEngineLoads()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 10));
        ImageTrainTestData split = _context.Data.TrainTestSplitImages(photos, testFraction: 0.3, seed: 1);

        using ImageClassificationModel model = Trainer(bench, "ImagePath").Fit(split.TrainSet);
        IDataView scored = model.Transform(split.TestSet);
        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(scored);
        _context.Model.Save(model, photos.Schema, bench.Folder.Combine("model.zip"));

        EvaluationResult own = model.Evaluate(((ImageDataView)split.TestSet).Dataset);
        Assert.AreEqual(own.Metrics.MicroAccuracy, metrics.MicroAccuracy);
        Assert.AreEqual(own.Metrics.MacroAccuracy, metrics.MacroAccuracy);
        Assert.AreEqual(own.Metrics.LogLoss, metrics.LogLoss, 1e-12);
        Assert.AreEqual(own.Metrics.LogLossReduction, metrics.LogLossReduction, 1e-12);
        for (int row = 0; row < 3; row++)
            CollectionAssert.AreEqual(own.Metrics.ConfusionMatrix.Counts[row].Select(count => (double)count).ToArray(), metrics.ConfusionMatrix.Counts[row].ToArray());
        Assert.AreEqual(own.Metrics.ToString(), _context.MulticlassClassification.CreateReport(scored).ToString());
        using var engine = ImagePredictionEngine.Load(bench.Folder.Combine("model.zip"));
        string[] paths = [.. split.TestSet.GetColumn<string>("ImagePath")];
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        for (int i = 0; i < paths.Length; i++) CollectionAssert.AreEqual(engine.Predict(paths[i]).Scores.ToArray(), scores[i]);
    }

    [TestMethod]
    public void Transform_LabelsNumberedInAnyOrder_EvaluateTheSame()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 8));
        using ImageClassificationModel model = Trainer(bench, "ImagePath").Fit(photos);
        IDataView names = _context.Data.LoadFromEnumerable(Drawings.Kinds.Reverse().Select(kind => new LabelRow { Label = kind }).ToArray());
        var reversed = _context.Transforms.Conversion.MapValueToKey("Label", keyData: names).Fit(photos);

        MulticlassClassificationMetrics expected = _context.MulticlassClassification.Evaluate(model.Transform(photos));
        MulticlassClassificationMetrics actual = _context.MulticlassClassification.Evaluate(model.Transform(reversed.Transform(photos)));

        Assert.AreEqual((expected.MicroAccuracy, expected.LogLoss), (actual.MicroAccuracy, actual.LogLoss));
        using ImageClassificationModel other = Trainer(bench, "ImagePath").Fit(reversed.Transform(photos));
        CollectionAssert.AreEqual(Save(model), Save(other));
    }

    [TestMethod]
    public void Fit_EncodedBytesAndImages_GivesTheModelOfTheFiles()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 8));
        IDataView encoded = _context.Transforms.LoadRawImageBytes("Image", null, "ImagePath").Fit(photos).Transform(photos);
        IDataView decoded = _context.Transforms.LoadImages("Image", null, "ImagePath").Fit(photos).Transform(photos);
        using ImageClassificationModel ofFiles = Trainer(bench, "ImagePath").Fit(photos);

        using ImageClassificationModel ofBytes = Trainer(bench, "Image").Fit(encoded);
        using ImageClassificationModel ofImages = Trainer(bench, "Image").Fit(decoded);

        float[][] expected = Scores(ofFiles.Transform(photos));
        AssertNear(expected, Scores(ofBytes.Transform(encoded)));
        AssertNear(expected, Scores(ofImages.Transform(decoded)));
    }

    [TestMethod]
    public void Transform_RowsThatCannotBeRead_HaveReasonsAndLeaveTheOthersRight()
    {
        using var bench = new TrainingBench();
        string folder = Drawings.WriteDataset(bench.Folder, "photos", 8);
        IDataView photos = _context.Data.LoadFromImageFolder(folder);
        using ImageClassificationModel model = Trainer(bench, "ImagePath").Fit(photos);
        string sound = Path.Combine(folder, "disc", "00.png");
        string[] paths = [sound, bench.Folder.Write("text.jpg", "no image"), "", sound, bench.Folder.Combine("missing.png")];

        ScoredRow[] rows = [.. _context.Data.CreateEnumerable<ScoredRow>(
            model.Transform(_context.Data.LoadFromEnumerable(paths.Select(path => new PathRow { ImagePath = path, Label = "disc" }).ToArray())), reuseRowObject: false)];

        CollectionAssert.AreEqual(new uint[] { 1, 0, 0, 1, 0 }, rows.Select(row => row.PredictedLabel).ToArray());
        CollectionAssert.AreEqual(new[] { false, true, true, false, true }, rows.Select(row => row.Score.All(float.IsNaN)).ToArray());
        CollectionAssert.AreEqual(rows[0].Score, rows[3].Score);
        Assert.AreEqual(("", "its path is empty", "there is no such file"), (rows[0].ImageError, rows[2].ImageError, rows[4].ImageError));
        Assert.AreNotEqual("", rows[1].ImageError);
    }

    [TestMethod]
    public void CrossValidate_AllDefaults_GivesOurFiguresOfEachFold()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 10));

        var results = _context.MulticlassClassification.CrossValidate(photos, Trainer(bench, "ImagePath"));

        Assert.HasCount(5, results);
        foreach (var result in results)
        {
            IDataView named = _context.Transforms.Conversion.MapKeyToValue("Label").Fit(result.ScoredHoldOutSet).Transform(result.ScoredHoldOutSet);
            LabeledImage[] heldOut =
                [.. named.GetColumn<string>("ImagePath").Zip(named.GetColumn<string>("Label"), (path, label) => new LabeledImage(path, path, label))];
            ClassificationReport own = ((ImageClassificationModel)result.Model).Evaluate(ImageDataset.FromImages(heldOut)).Metrics;
            Assert.AreEqual((own.MicroAccuracy, own.MacroAccuracy), (result.Metrics.MicroAccuracy, result.Metrics.MacroAccuracy));
            Assert.AreEqual(own.LogLoss, result.Metrics.LogLoss, 1e-12);
        }
    }

    [TestMethod]
    public void CreatePredictionEngine_ChainWithTextLabel_PredictsAsTheEngineDoes()
    {
        using var bench = new TrainingBench();
        string folder = Drawings.WriteDataset(bench.Folder, "photos", 8);
        IDataView photos = _context.Data.LoadFromImageFolder(folder);
        var pipeline = Trainer(bench, "ImagePath").Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        ITransformer model = pipeline.Fit(photos);
        _context.Model.Save(model, photos.Schema, bench.Folder.Combine("model.zip"));
        using PredictionEngine<PathRow, TextPrediction> engine = _context.Model.CreatePredictionEngine<PathRow, TextPrediction>(model);
        using PredictionEngine<PathRow, TextPrediction> loaded =
            _context.Model.CreatePredictionEngine<PathRow, TextPrediction>(_context.Model.Load(bench.Folder.Combine("model.zip"), out _));

        using var own = ImagePredictionEngine.Load(bench.Folder.Combine("model.zip"));
        string photo = Path.Combine(folder, "square", "03.png");
        TextPrediction prediction = engine.Predict(new PathRow { ImagePath = photo });
        Assert.AreEqual("square", prediction.PredictedLabel);
        Assert.AreEqual("square", loaded.Predict(new PathRow { ImagePath = photo }).PredictedLabel);
        CollectionAssert.AreEqual(own.Predict(photo).Scores.ToArray(), prediction.Score);
    }

    [TestMethod]
    public void Fit_ArchitectureThatCannotBeHad_TakesAnotherAndSaysSoInTheLog()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 4));
        var log = new List<string>();
        _context.Log += (_, e) => log.Add(e.Message);
        var news = new List<string>();

        using ImageClassificationModel model = _context.MulticlassClassification.Trainers.ImageClassification(new ImageClassificationTrainer.Options(bench.Options)
        {
            Backbone = "auto",
            FeatureColumnName = "ImagePath",
            Arch = ImageClassificationTrainer.Architecture.ResnetV2101,
            MetricsCallback = metrics => news.Add(metrics.ToString()),
        }).Fit(photos);

        Assert.IsTrue(log.Any(line => line.StartsWith("[Source=ImageClassificationTrainer", StringComparison.Ordinal) && line.Contains("takes its place", StringComparison.Ordinal)));
        Assert.HasCount(12, news.Where(line => line.StartsWith("Phase: Bottleneck", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void Fit_MetricsCallback_LastHearsOfTheLastEpoch(int epochCount)
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 8));
        var epochs = new List<int>();

        using ImageClassificationModel model = _context.MulticlassClassification.Trainers.ImageClassification(new ImageClassificationTrainer.Options(bench.Options)
        {
            FeatureColumnName = "ImagePath",
            Epoch = epochCount,
            BatchSize = 4,
            FineTuning = epochCount == 0 ? null : new FineTuningOptions(),
            MetricsCallback = metrics => epochs.AddRange(metrics.Train is { } train ? [train.Epoch] : []),
        }).Fit(photos);

        CollectionAssert.AreEqual(Enumerable.Range(0, epochCount + 1).ToArray(), epochs);
    }

    [TestMethod]
    public void LoadFromImageList_ColumnsInAnyOrder_GivesTheRowsOfTheFolder()
    {
        using var bench = new TrainingBench();
        string folder = Drawings.WriteDataset(bench.Folder, "photos", 3);
        IDataView photos = _context.Data.LoadFromImageFolder(folder);
        IEnumerable<string> lines = photos.GetColumn<string>("Label").Zip(photos.GetColumn<string>("ImagePath"), (label, path) => $"{label},{path}");
        string list = bench.Folder.Write("list.csv", string.Join('\n', ["label,path", .. lines, "disc,text.png"]));
        bench.Folder.Write("text.png", "no image");

        IDataView listed = _context.Data.LoadFromImageList(list, out IReadOnlyList<IgnoredFile> ignored);

        CollectionAssert.AreEquivalent(photos.GetColumn<string>("ImagePath").ToArray(), listed.GetColumn<string>("ImagePath").ToArray());
        CollectionAssert.AreEquivalent(photos.GetColumn<string>("Label").ToArray(), listed.GetColumn<string>("Label").ToArray());
        CollectionAssert.AreEqual(listed.GetColumn<string>("ImagePath").ToArray(), _context.Data.LoadFromImageFolder(list).GetColumn<string>("ImagePath").ToArray());
        Assert.AreEqual("text.png", Assert.ContainsSingle(ignored).RelativePath);
    }

    [TestMethod]
    public void LoadFromImageList_Folder_IsRefusedAndSaysWhatReadsIt()
    {
        using var folder = new TemporaryFolder();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => _context.Data.LoadFromImageList(folder.Combine(".")));

        Assert.Contains("LoadFromImageFolder", exception.Message);
    }

    [TestMethod]
    public void ImageClassification_ArchitectureOfAnotherKind_IsRefusedWithTheWayOut()
    {
        NotSupportedException exception = Assert.ThrowsExactly<NotSupportedException>(() => _context.MulticlassClassification.Trainers.ImageClassification(
            new ImageClassificationTrainer.Options { Arch = ImageClassificationTrainer.Architecture.MobilenetV2 }));

        Assert.Contains("Take ResnetV250", exception.Message);
    }

    [TestMethod]
    public void Fit_ColumnOfNumbers_IsRefusedAndSaysWhatImagesAre()
    {
        IDataView numbers = _context.Data.LoadFromEnumerable(new[] { new NumberRow() });

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(
            () => _context.MulticlassClassification.Trainers.ImageClassification(featureColumnName: "Number").Fit(numbers));

        Assert.Contains("LoadRawImageBytes", exception.Message);
    }

    private ImageClassificationTrainer Trainer(TrainingBench bench, string column) =>
        _context.MulticlassClassification.Trainers.ImageClassification(new ImageClassificationTrainer.Options(bench.Options) { FeatureColumnName = column });

    private static byte[] Save(ImageClassificationModel model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    private static float[][] Scores(IDataView scored) => [.. scored.GetColumn<float[]>("Score")];

    private static void AssertNear(float[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
            for (int k = 0; k < expected[row].Length; k++) Assert.AreEqual(expected[row][k], actual[row][k], 1e-4f, $"row {row}");
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class LabelRow
    {
        public string Label { get; set; } = "";
    }

    private sealed class NumberRow
    {
        public float Number { get; set; }

        public string Label { get; set; } = "a";
    }

    private sealed class ScoredRow
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }

        public string ImageError { get; set; } = "";
    }

    private sealed class TextPrediction
    {
        public float[] Score { get; set; } = [];

        public string PredictedLabel { get; set; } = "";
    }
}
