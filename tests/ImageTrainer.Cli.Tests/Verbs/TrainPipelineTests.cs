using ImageTrainer.Evaluation;
using ImageTrainer.Training;
using Microsoft.ML;

namespace ImageTrainer.Tests.Verbs;

/// <summary>The console and a pipeline of ML.NET are two ways to one model.</summary>
[TestClass]
public sealed class TrainPipelineTests
{
    [TestMethod]
    public void Train_SameDataOptionsAndSeedAsAPipeline_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(seed: 1);
        ImageTrainTestData split = context.Data.TrainTestSplitImages(context.Data.LoadFromImageFolder(TrainedModel.Dataset), testFraction: 0.2, seed: 1);
        var options = new ImageClassificationTrainer.Options
        {
            Backbone = Path.Combine(TinyBackbone.FolderForAuto, "resnet18.safetensors"),
            ImageSize = 64,
            Seed = 1,
            FeatureCache = null,
            FeatureColumnName = "ImagePath",
        };

        using ImageClassificationModel model = context.MulticlassClassification.Trainers.ImageClassification(options).Fit(split.TrainSet);
        ClassificationReport report = context.MulticlassClassification.CreateReport(model.Transform(split.TestSet));
        model.Save(folder.Combine("model.zip"), report);

        CollectionAssert.AreEqual(File.ReadAllBytes(TrainedModel.Model), File.ReadAllBytes(folder.Combine("model.zip")));
    }
}
