using ImageTrainer.Featurizing;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Predicts long lists of images in chunks, so that results and progress come while it works.</summary>
internal static class BatchPrediction
{
    // Enough batches for every worker that the wait for the last one at the end of a chunk does not matter.
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
