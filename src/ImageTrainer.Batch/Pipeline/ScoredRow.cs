using ImageTrainer.Batch.Listing;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>What is known of one image at the end. Its memory is the batch's and used again: whoever keeps it copies.</summary>
/// <param name="Position">Place of the image in the whole input, from 0.</param>
/// <param name="Image">The image.</param>
/// <param name="Score">[K] probabilities; empty where there is a fault.</param>
/// <param name="Features">[D]; empty where there is a fault or features are not wanted.</param>
/// <param name="Fault">Why the image could not be scored, in one clause; null where it was.</param>
internal readonly record struct ScoredRow(
    long Position, ListedImage Image, ReadOnlyMemory<float> Score, ReadOnlyMemory<float> Features, string? Fault);
