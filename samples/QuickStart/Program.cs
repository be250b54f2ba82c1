using ImageTrainer;
using ImageTrainer.Data;
using ImageTrainer.Training;

// A folder of labelled photos becomes model.zip ...
ImageDataset surfaces = ImageDataset.FromFolder("datasets/surface-defects");
(ImageDataset train, ImageDataset test) = surfaces.TrainTestSplit(testFraction: 0.2, seed: 1);
var trainer = new ImageClassificationTrainer(new ImageClassificationOptions { Backbone = "auto" });
using ImageClassificationModel model = trainer.Fit(train);
EvaluationResult evaluation = model.Evaluate(test);
Console.WriteLine(evaluation);
model.Save("surfaces.zip", evaluation.Metrics);

// ... and model.zip becomes predictions. One engine serves all threads of an application.
using ImagePredictionEngine engine = ImagePredictionEngine.Load("surfaces.zip");
ImagePrediction prediction = engine.Predict(test.Images[0].Path);
Console.WriteLine($"{prediction.PredictedLabel}: {prediction.Probability:P1}");
foreach (LabelProbability label in prediction.TopK(3))
    Console.WriteLine($"  {label.Label}: {label.Probability:P1}");
