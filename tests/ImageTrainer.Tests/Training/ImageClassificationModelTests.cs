using System.Text.Json;
using ImageTrainer.Data;
using ImageTrainer.Models;
using ImageTrainer.Training;

namespace ImageTrainer.Tests.Training;

[TestClass]
public class ImageClassificationModelTests
{
    [TestMethod]
    public void Save_ThenEngine_PredictsWhatEvaluateDid()
    {
        const float Tolerance = 1e-5f;
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 6));
        EvaluationResult evaluation = model.Evaluate(bench.Draw("test", 5, first: 100));
        string path = bench.Combine("model.zip");

        model.Save(path, evaluation.Metrics);

        using ImagePredictionEngine engine = ImagePredictionEngine.Load(path);
        IReadOnlyList<ImagePredictionResult> results = engine.PredictBatch([.. evaluation.Images.Select(image => image.Path)]);
        CollectionAssert.AreEqual(model.Labels.ToArray(), engine.Labels.ToArray());
        for (int i = 0; i < results.Count; i++)
        {
            ImagePrediction prediction = results[i].Prediction!;
            Assert.AreEqual(evaluation.Predictions[i].PredictedLabel, prediction.PredictedLabel);
            for (int k = 0; k < engine.Labels.Count; k++)
                Assert.AreEqual(evaluation.Predictions[i].Score[k], prediction.Score[k], Tolerance);
        }
    }

    [TestMethod]
    public void Save_Manifest_SaysHowTheModelWasMade()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 6);
        ImageClassificationOptions options = bench.Options with { Seed = 5, ClassWeights = ClassWeights.Balanced };
        using ImageClassificationModel model = bench.Fit(train, options);
        EvaluationResult evaluation = model.Evaluate(bench.Draw("test", 2, first: 100));
        using var stream = new MemoryStream();

        model.Save(stream, evaluation.Metrics);

        using ImagePredictionEngine engine = ImagePredictionEngine.Load(stream);
        ModelManifest manifest = engine.Manifest;
        Assert.AreEqual(new TrainingRecord(5, "balanced", model.L2, 5, 18, train.ComputeFingerprint()), manifest.Training);
        Assert.AreEqual((TinyModel.ImageSize, TinyModel.ImageSize), (manifest.Preprocessing.Width, manifest.Preprocessing.Height));
        Assert.AreEqual((512, "fp32", model.Temperature), (manifest.Network.FeatureCount, manifest.Network.Precision, manifest.Network.Temperature));
        Assert.AreEqual(("resnet10-tiny", "resnet10"), (manifest.Backbone.Name, manifest.Backbone.Architecture));
        Assert.AreEqual(model.Backbone.Sha256, manifest.Backbone.Sha256);
        Assert.AreEqual((1.0, 6.0), (manifest.Metrics["microAccuracy"], manifest.Metrics["imageCount"]));
    }

    [TestMethod]
    public void Evaluate_UnknownLabel_ThrowsDatasetExceptionThatNamesIt()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 4);
        using ImageClassificationModel model = bench.Fit(train);
        ImageDataset test = ImageDataset.FromImages([train.Images[0], train.Images[1] with { Label = "triangle" }]);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => model.Evaluate(test));

        Assert.Contains("triangle", exception.Message);
    }

    [TestMethod]
    public void Evaluate_BadImages_AreReportedAndInNoMetric()
    {
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4));
        ImageDataset test = bench.Draw("test", 3, first: 100);
        TrainingBench.Damage(test.Images[4]);

        EvaluationResult evaluation = model.Evaluate(test);

        Assert.AreEqual(test.Images[4], evaluation.BadImages.Single().Image);
        Assert.AreEqual((8, 8, 8), (evaluation.Images.Count, evaluation.Predictions.Count, evaluation.Metrics.ImageCount));
        Assert.IsEmpty(model.BadImages);
    }

    [TestMethod]
    public void Evaluate_Result_GoesIntoJson()
    {
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4));
        ImageDataset test = bench.Draw("test", 2, first: 100);
        TrainingBench.Damage(test.Images[4]);
        EvaluationResult evaluation = model.Evaluate(test);

        JsonElement json = JsonSerializer.SerializeToElement(evaluation, JsonSerializerOptions.Web);

        Assert.AreEqual(evaluation.Metrics.MicroAccuracy, json.GetProperty("metrics").GetProperty("microAccuracy").GetDouble());
        Assert.AreEqual(evaluation.Predictions[0].PredictedLabel, json.GetProperty("predictions")[0].GetProperty("predictedLabel").GetString());
        Assert.AreEqual(evaluation.BadImages[0].Reason, json.GetProperty("badImages")[0].GetProperty("reason").GetString());
    }

    [TestMethod]
    public void Evaluate_NoImageReadable_ThrowsDatasetExceptionWithAReason()
    {
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4));
        ImageDataset test = bench.Draw("test", 1, first: 100);
        TrainingBench.Damage(test.Images);

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => model.Evaluate(test));

        Assert.Contains("None of the 3 images to evaluate on can be read", exception.Message);
        Assert.Contains(test.Images[0].Path, exception.Message);
    }

    [TestMethod]
    public void Evaluate_Cancelled_Throws()
    {
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4));

        Assert.Throws<OperationCanceledException>(
            () => model.Evaluate(bench.Draw("test", 1, first: 100), cancellationToken: new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void Dispose_ThenEvaluate_ThrowsAndSaveStillWorks()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", 4);
        ImageClassificationModel model = bench.Fit(train, bench.CachingOptions);
        using var before = new MemoryStream();
        model.Save(before);

        model.Dispose();
        model.Dispose();

        using var after = new MemoryStream();
        model.Save(after);
        Assert.IsTrue(before.ToArray().SequenceEqual(after.ToArray()));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Evaluate(train));
    }
}
