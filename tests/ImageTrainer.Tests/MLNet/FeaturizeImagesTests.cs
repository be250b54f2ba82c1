using ImageTrainer.Tests.Training;
using ImageTrainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Tests.MLNet;

/// <summary>Features of images for ML.NET's own trainers.</summary>
[TestClass]
public class FeaturizeImagesTests
{
    private readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void Fit_WithATrainerOfMLNet_TellsShapesApartAndLoadsWithoutUs()
    {
        using var bench = new TrainingBench();
        string folder = Drawings.WriteDataset(bench.Folder, "photos", 8);
        IDataView photos = _context.Data.LoadFromImageFolder(folder);
        var pipeline = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(_context.Transforms.FeaturizeImages("Features", "ImagePath", bench.Options))
            .Append(_context.MulticlassClassification.Trainers.LbfgsMaximumEntropy())
            .Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var model = pipeline.Fit(photos);

        Assert.AreEqual(1, _context.MulticlassClassification.Evaluate(model.Transform(photos)).MicroAccuracy);
        _context.Model.Save(model, photos.Schema, bench.Folder.Combine("features.zip"));
        ITransformer loaded = _context.Model.Load(bench.Folder.Combine("features.zip"), out _);
        CollectionAssert.AreEqual(
            model.Transform(photos).GetColumn<string>("PredictedLabel").ToArray(), loaded.Transform(photos).GetColumn<string>("PredictedLabel").ToArray());
    }

    [TestMethod]
    public void Transform_AnyImage_GivesTheFeaturesThatTheEngineGives()
    {
        using var bench = new TrainingBench();
        IDataView photos = _context.Data.LoadFromImageFolder(Drawings.WriteDataset(bench.Folder, "photos", 6));
        ImageClassificationOptions options = bench.Options with { Precision = NetworkPrecision.Fp32 };
        using ImageClassificationModel model = new ImageClassificationTrainer(options).Fit(photos);
        model.Save(bench.Folder.Combine("model.zip"));
        using var engine = ImagePredictionEngine.Load(bench.Folder.Combine("model.zip"));

        using ImageFeaturizingTransformer featurizer = _context.Transforms.FeaturizeImages("Features", "ImagePath", options).Fit(photos);
        float[][] features = [.. featurizer.Transform(photos).GetColumn<float[]>("Features")];

        string[] paths = [.. photos.GetColumn<string>("ImagePath")];
        Assert.AreEqual(512, engine.FeatureCount);
        for (int i = 0; i < paths.Length; i++)
        {
            float[] expected = engine.Featurize(paths[i]);
            CollectionAssert.AreEqual(expected, engine.Featurize(File.ReadAllBytes(paths[i])));
            for (int k = 0; k < expected.Length; k++) Assert.AreEqual(expected[k], features[i][k], 1e-4f);
        }
    }
}
