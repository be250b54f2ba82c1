using System.Globalization;
using System.Text.Json;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Prints one line a prediction: text, or one JSON object.</summary>
internal sealed class PredictionPrinter(TextWriter output, RunLog log, int top, bool asJson)
{
    /// <summary>Number of images printed so far.</summary>
    public int ImageCount { get; private set; }

    /// <summary>How many of them could not be read.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Prints one result. In text, an unreadable image goes to stderr; in JSON it is a line with its error.</summary>
    public void Print(ImagePredictionResult result)
    {
        ImageCount++;
        if (result.Error is not null) FailedCount++;
        if (asJson) output.WriteLine(VisibleText.Of(Json(result)));
        else if (result.Prediction is { } prediction) output.WriteLine(VisibleText.Of($"{result.Path}: {Text(prediction)}"));
        else log.Say(result.Error!.Message);
    }

    private string Text(ImagePrediction prediction) => string.Join(", ", prediction.TopK(top)
        .Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Label} ({100 * label.Probability:0.0} %)")));

    private string Json(ImagePredictionResult result) => JsonSerializer.Serialize(
        new PredictionReport(
            result.Path,
            result.Prediction?.PredictedLabel,
            result.Prediction?.Probability,
            result.Prediction?.TopK(top),
            result.Error?.Reason),
        ReportJson.Lines.PredictionReport);
}
