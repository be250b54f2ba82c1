using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetInterop;

/// <summary>How good a model is on images it has not seen; reckoned here for both systems alike, as ML.NET defines the figures.</summary>
/// <param name="MicroAccuracy">Share of images whose label is predicted.</param>
/// <param name="MacroAccuracy">Mean of that share over the classes.</param>
/// <param name="LogLoss">Mean of -ln of the probability given to the true label.</param>
internal sealed record TestMetrics(double MicroAccuracy, double MacroAccuracy, double LogLoss)
{
    private const double LeastProbability = 1e-15;

    /// <summary>Loads a model with ML.NET and holds it against images.</summary>
    public static TestMetrics Measure(MLContext mlContext, string modelPath, IReadOnlyList<SplitRow> images)
    {
        ITransformer model = mlContext.Model.Load(modelPath, out _);
        using PredictionEngine<ImageInput, ImagePrediction> engine =
            mlContext.Model.CreatePredictionEngine<ImageInput, ImagePrediction>(model);
        VBuffer<ReadOnlyMemory<char>> slotNames = default;
        engine.OutputSchema["Score"].GetSlotNames(ref slotNames);
        string[] labels = [.. slotNames.DenseValues().Select(name => name.ToString())];

        var results = images.Select(image =>
        {
            ImagePrediction prediction = engine.Predict(new ImageInput { ImagePath = image.Path });
            int index = Array.IndexOf(labels, image.Label);
            float probability = index < 0 ? 0 : prediction.Score[index];
            return (image.Label, IsRight: prediction.PredictedLabel == image.Label, Loss: -Math.Log(Math.Max(probability, LeastProbability)));
        }).ToArray();
        return new TestMetrics(
            results.Average(result => result.IsRight ? 1.0 : 0.0),
            results.GroupBy(result => result.Label).Average(label => label.Average(result => result.IsRight ? 1.0 : 0.0)),
            results.Average(result => result.Loss));
    }
}
