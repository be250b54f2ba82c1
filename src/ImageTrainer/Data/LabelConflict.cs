namespace ImageTrainer.Data;

/// <summary>The same photo, byte for byte, under more than one label: at least one of the labels is wrong.</summary>
/// <param name="Images">All images with this content, two or more, in ordinal order of relative path.</param>
public sealed record LabelConflict(IReadOnlyList<LabeledImage> Images);
