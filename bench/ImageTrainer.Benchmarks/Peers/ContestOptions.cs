using ImageTrainer.Data;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>What is compared, and on what.</summary>
internal sealed record ContestOptions
{
    /// <summary>Side of the networks' input in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Full path of the weight file.</summary>
    public required string Weights { get; init; }

    /// <summary>The labelled photos.</summary>
    public required ImageDataset Photos { get; init; }

    /// <summary>Counted rounds.</summary>
    public required int RoundCount { get; init; }

    /// <summary>Photos a round, or null for what suits the work.</summary>
    public required int? PhotoCount { get; init; }

    /// <summary>Threads that everybody may use.</summary>
    public required int ThreadCount { get; init; }

    /// <summary>The photos of a round, from all over the data set, so that every class has its share.</summary>
    /// <param name="usualCount">How many where nobody has named a number.</param>
    public ImageDataset RoundSample(int usualCount) => Sample(PhotoCount ?? usualCount);

    /// <summary>So many photos from all over the data set, or all of a smaller one.</summary>
    public ImageDataset Sample(int count)
    {
        IReadOnlyList<LabeledImage> all = Photos.Images;
        int taken = Math.Min(count, all.Count);
        return ImageDataset.FromImages(Enumerable.Range(0, taken).Select(i => all[(int)((long)i * all.Count / taken)]));
    }
}
