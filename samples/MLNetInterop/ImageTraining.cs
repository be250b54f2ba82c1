using Microsoft.ML;
using Microsoft.ML.Vision;

namespace MLNetInterop;

/// <summary>ML.NET's own image classification, as its documentation has it.</summary>
internal static class ImageTraining
{
    /// <summary>An image to train on.</summary>
    private sealed class LabeledInput
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    /// <summary>Trains ResNetV2-50's last layer and saves the model.</summary>
    public static void Run(MLContext mlContext, IEnumerable<SplitRow> rows, string modelPath)
    {
        IDataView images = mlContext.Data.LoadFromEnumerable(
            rows.Select(row => new LabeledInput { ImagePath = row.Path, Label = row.Label }).ToArray());
        // Keys are made before the pipeline, so that the saved model asks for no label.
        IDataView keyed = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", "Label").Fit(images).Transform(images);
        var options = new ImageClassificationTrainer.Options
        {
            FeatureColumnName = "Image",
            LabelColumnName = "LabelKey",
            Arch = ImageClassificationTrainer.Architecture.ResnetV250,
            MetricsCallback = metrics => Console.Error.WriteLine(metrics),
        };
        ITransformer model = mlContext.Transforms.LoadRawImageBytes("Image", imageFolder: null, inputColumnName: "ImagePath")
            .Append(mlContext.MulticlassClassification.Trainers.ImageClassification(options))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(mlContext.Data.ShuffleRows(keyed, seed: 1));
        mlContext.Model.Save(model, keyed.Schema, modelPath);
    }
}
