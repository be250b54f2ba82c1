using System.Globalization;
using System.Text.Json;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Featurizing;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Runs;

/// <summary>Predicts long lists of images in chunks, so that results and progress come while it works.</summary>
internal static class BatchPrediction
{
    /// <summary>
    /// Images of a chunk. Enough batches for every worker that the wait for the last one at the end of a chunk does not matter.
    /// </summary>
    private static readonly int ChunkSize = 64 * Environment.ProcessorCount;

    /// <summary>Predicts images in order; unreadable ones are results with their error.</summary>
    /// <param name="engine">The engine, with one thread a prediction.</param>
    /// <param name="paths">The images.</param>
    /// <param name="progress">Told after every chunk; or null.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    public static IEnumerable<ImagePredictionResult> Run(
        ImagePredictionEngine engine,
        IReadOnlyList<string> paths,
        IProgress<FeaturizingProgress>? progress,
        CancellationToken cancellationToken)
    {
        int doneCount = 0;
        int badCount = 0;
        foreach (string[] chunk in paths.Chunk(ChunkSize))
        {
            IReadOnlyList<ImagePredictionResult> results = engine.PredictBatch(chunk, cancellationToken);
            doneCount += results.Count;
            badCount += results.Count(result => result.Error is not null);
            progress?.Report(new FeaturizingProgress(doneCount, paths.Count, CachedCount: 0, badCount));
            foreach (ImagePredictionResult result in results) yield return result;
        }
    }
}

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

    /// <summary>"scratch (97.2 %), ok (2.1 %)".</summary>
    private string Text(ImagePrediction prediction) => string.Join(", ", prediction.TopK(top)
        .Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Label} ({100 * label.Probability:0.0} %)")));

    /// <summary>One JSON object in one line; the fields of <see cref="PredictionReport"/>.</summary>
    private string Json(ImagePredictionResult result) => JsonSerializer.Serialize(
        new PredictionReport(
            result.Path,
            result.Prediction?.PredictedLabel,
            result.Prediction?.Probability,
            result.Prediction?.TopK(top),
            result.Error?.Reason),
        ReportJson.Lines.PredictionReport);
}
