using ImageTrainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Tests.MLNet;

/// <summary>A model of real photos, with the default weights, in both systems.</summary>
[TestClass]
[TestCategory(TestData.Category)]
[TestCategory("Slow")]
public class RealPhotosTests
{
    [TestMethod]
    public void Predict_TwoHundredPhotosByMLNetAlone_GivesTheSameLabelsAsOurEngine()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(seed: 1);
        IDataView photos = context.Data.LoadFromImageFolder(TestData.Path("flower_photos"));
        ImageTrainTestData split = context.Data.TrainTestSplitImages(photos, testFraction: 0.4, seed: 1);
        var options = new ImageClassificationTrainer.Options
        {
            Backbone = "resnet18-mlnet",
            FeatureColumnName = "ImagePath",
            FeatureCache = null,
            BackboneSources = new() { CacheFolder = folder.Combine("backbones"), AllowDownload = false },
        };
        using ImageClassificationModel model = context.MulticlassClassification.Trainers.ImageClassification(options).Fit(split.TrainSet);
        model.Save(folder.Combine("model.zip"));
        string[] paths = [.. split.TestSet.GetColumn<string>("ImagePath")];

        MLNetAlone.Prediction[] predictions = MLNetAlone.Predict(folder.Combine("model.zip"), "ImagePath", "path", paths);

        using var engine = ImagePredictionEngine.Load(folder.Combine("model.zip"));
        IReadOnlyList<ImagePredictionResult> expected = engine.PredictBatch(paths);
        Assert.IsGreaterThanOrEqualTo(200, paths.Length);
        int sameCount = expected.Zip(predictions).Count(pair => pair.First.Prediction!.PredictedLabel == pair.Second.Label);
        Console.WriteLine($"{sameCount} of {paths.Length} labels are the same.");
        Assert.IsGreaterThanOrEqualTo(0.97 * paths.Length, (double)sameCount);
        float[][] scores = [.. model.Transform(split.TestSet).GetColumn<float[]>("Score")];
        for (int i = 0; i < paths.Length; i++) CollectionAssert.AreEqual(expected[i].Prediction!.Scores.ToArray(), scores[i]);
    }
}
