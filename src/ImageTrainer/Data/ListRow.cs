namespace ImageTrainer.Data;

/// <summary>One line of a list of images, in the exact text of its fields.</summary>
/// <param name="Line">Number of the line in the file, from 1.</param>
/// <param name="Path">Field "path", not empty.</param>
/// <param name="Label">Field "label", or null where the list has no such column.</param>
/// <param name="Split">Field "split", or null where the list has no such column.</param>
internal sealed record ListRow(long Line, string Path, string? Label, string? Split);
