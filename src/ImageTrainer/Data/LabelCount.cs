namespace ImageTrainer.Data;

/// <summary>How many images of a data set have one label.</summary>
/// <param name="Label">The label.</param>
/// <param name="ImageCount">Number of its images, 1 or more.</param>
public sealed record LabelCount(string Label, int ImageCount);
