// A model and an image: every probability, to the last digit.
using System.Globalization;
using ImageTrainer;

using ImagePredictionEngine engine = ImagePredictionEngine.Load(args[0]);
ImagePrediction prediction = engine.Predict(args[1]);
Console.WriteLine(prediction.PredictedLabel);
foreach (LabelProbability label in prediction.TopK(engine.Labels.Count))
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label.Label} {label.Probability:R}"));
