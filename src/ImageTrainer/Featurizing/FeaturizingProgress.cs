namespace ImageTrainer.Featurizing;

/// <summary>How far featurizing a data set has come.</summary>
/// <param name="DoneCount">Images finished, the cached and the bad among them.</param>
/// <param name="TotalCount">Images in all.</param>
/// <param name="CachedCount">Images whose features came from the cache.</param>
/// <param name="BadCount">Images that could not be read.</param>
public sealed record FeaturizingProgress(int DoneCount, int TotalCount, int CachedCount, int BadCount);
