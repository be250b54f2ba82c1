namespace ImageTrainer.Data;

/// <summary>One image file and the class it is said to show. Nothing is decoded.</summary>
/// <param name="Path">Full path of the file, as this machine writes paths; <see cref="ImageDataset.FromImages"/> makes it full where it is not.</param>
/// <param name="RelativePath">Path from the data set's root, separated by '/', the same on every platform: "daisy/1.jpg".</param>
/// <param name="Label">The class, in the exact text of the folder's name or the list's field.</param>
public sealed record LabeledImage(string Path, string RelativePath, string Label);
