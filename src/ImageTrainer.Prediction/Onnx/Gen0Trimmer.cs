namespace ImageTrainer.Onnx;

/// <summary>
/// Keeps the garbage of a long run of predictions small. Left alone, the collector lets the youngest objects grow to the size of the
/// processor's cache, 50 to 100 MB on servers, before it looks at them: an application that only predicts would seem to grow with every
/// image. Where it collects often enough by itself, nothing is done. Safe for many threads.
/// </summary>
internal sealed class Gen0Trimmer
{
    /// <summary>
    /// Predictions between two looks: about 2 MB of garbage, and so few objects in use that collecting takes less than a millisecond.
    /// </summary>
    public const int PredictionsPerLook = 1000;

    private int _predictionCount;
    private int _collectionCount = -1;

    /// <summary>Counts a prediction, and collects the youngest objects where nobody else has since the last look.</summary>
    public void CountPrediction()
    {
        if (Interlocked.Increment(ref _predictionCount) % PredictionsPerLook != 0) return;
        if (GC.CollectionCount(0) == Volatile.Read(ref _collectionCount))
            GC.Collect(generation: 0, GCCollectionMode.Forced, blocking: true);
        Volatile.Write(ref _collectionCount, GC.CollectionCount(0));
    }
}
