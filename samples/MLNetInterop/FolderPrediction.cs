using System.Globalization;
using Microsoft.ML;

namespace MLNetInterop;

/// <summary>A model.zip in an application that knows ML.NET and nothing else.</summary>
internal static class FolderPrediction
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>Predicts every image below a folder and writes path, label and score as CSV.</summary>
    public static void Run(string modelPath, string folder, TextWriter output)
    {
        var mlContext = new MLContext();
        ITransformer model = mlContext.Model.Load(modelPath, out _);
        using PredictionEngine<ImageInput, ImagePrediction> engine =
            mlContext.Model.CreatePredictionEngine<ImageInput, ImagePrediction>(model);

        output.WriteLine("path,label,score");
        foreach (string path in Images(folder))
        {
            ImagePrediction prediction = engine.Predict(new ImageInput { ImagePath = path });
            string score = prediction.Score.Max().ToString("R", CultureInfo.InvariantCulture);
            output.WriteLine($"{Field(path)},{Field(prediction.PredictedLabel)},{score}");
        }
    }

    private static IEnumerable<string> Images(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal);

    private static string Field(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
}
