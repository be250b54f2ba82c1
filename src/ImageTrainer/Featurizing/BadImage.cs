using ImageTrainer.Data;

namespace ImageTrainer.Featurizing;

/// <summary>An image of a data set that could not be read.</summary>
/// <param name="Image">The image.</param>
/// <param name="Reason">Why: one clause without a full stop.</param>
public sealed record BadImage(LabeledImage Image, string Reason);
