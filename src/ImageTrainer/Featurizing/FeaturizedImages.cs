using ImageTrainer.Data;

namespace ImageTrainer.Featurizing;

/// <summary>A data set with the features of its readable images.</summary>
/// <param name="Features">[N, D], one row a readable image.</param>
/// <param name="Images">The N readable images, in data-set order.</param>
/// <param name="ContentHashes">SHA-256 of each readable image's file, [N].</param>
/// <param name="BadImages">The images that could not be read, in data-set order.</param>
/// <param name="CachedCount">How many of the N rows came from the cache.</param>
internal sealed record FeaturizedImages(
    FeatureMatrix Features,
    IReadOnlyList<LabeledImage> Images,
    IReadOnlyList<ContentHash> ContentHashes,
    IReadOnlyList<BadImage> BadImages,
    int CachedCount);
