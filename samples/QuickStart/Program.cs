using ImageTrainer;
using ImageTrainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

// A folder of labelled photos becomes model.zip ...
var mlContext = new MLContext(seed: 1);
IDataView photos = mlContext.Data.LoadFromImageFolder("datasets/surface-defects");
var split = mlContext.Data.TrainTestSplitImages(photos, testFraction: 0.2, seed: 1);
var trainer = mlContext.MulticlassClassification.Trainers.ImageClassification(featureColumnName: "ImagePath");
ImageClassificationModel model = trainer.Fit(split.TrainSet);
MulticlassClassificationMetrics metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
Console.WriteLine($"Right: {metrics.MicroAccuracy:P1}, log-loss: {metrics.LogLoss:0.000}");
Console.WriteLine(metrics.ConfusionMatrix.GetFormattedConfusionTable());
mlContext.Model.Save(model, photos.Schema, "surfaces.zip");

// ... and model.zip becomes predictions, without ML.NET. One engine serves all threads of an application.
using ImagePredictionEngine engine = ImagePredictionEngine.Load("surfaces.zip");
ImagePrediction prediction = engine.Predict(split.TestSet.GetColumn<string>("ImagePath").First());
Console.WriteLine($"{prediction.PredictedLabel}: {prediction.Probability:P1}");
foreach (LabelProbability label in prediction.TopK(3))
    Console.WriteLine($"  {label.Label}: {label.Probability:P1}");
