using ImageTrainer.Data;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training.FineTuning;

/// <summary>Images with their classes.</summary>
/// <param name="Images">The N images, all readable.</param>
/// <param name="Hashes">SHA-256 of each file, [N].</param>
/// <param name="Classes">Class of each, 0 to K - 1, [N].</param>
/// <param name="Features">[N, D] of the frozen network.</param>
internal sealed record TuningImages(
    IReadOnlyList<LabeledImage> Images, IReadOnlyList<ContentHash> Hashes, IReadOnlyList<int> Classes, FeatureMatrix Features)
{
    /// <summary>N.</summary>
    public int Count => Images.Count;

    /// <summary>Some of the images, in their order.</summary>
    public TuningImages Rows(int[] rows) => new(
        [.. rows.Select(row => Images[row])],
        [.. rows.Select(row => Hashes[row])],
        [.. rows.Select(row => Classes[row])],
        Features.Rows(rows));
}
