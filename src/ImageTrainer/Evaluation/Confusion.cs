namespace ImageTrainer.Evaluation;

/// <summary>One way in which images are taken for something else.</summary>
/// <param name="Actual">The class the images are of.</param>
/// <param name="Predicted">The class they are said to be of; another one.</param>
/// <param name="Count">How many, 1 or more.</param>
public sealed record Confusion(string Actual, string Predicted, int Count);
