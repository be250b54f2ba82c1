namespace ImageTrainer.Data;

/// <summary>A file that was found in a data set and left out of it.</summary>
/// <param name="RelativePath">Path from the data set's root, separated by '/'.</param>
/// <param name="Reason">Why, as one short clause without a full stop: "it is no image".</param>
/// <param name="IsUnreadable">Whether it may be an image: it could not be opened, or is a folder that could not be listed.</param>
public sealed record IgnoredFile(string RelativePath, string Reason, bool IsUnreadable = false);
