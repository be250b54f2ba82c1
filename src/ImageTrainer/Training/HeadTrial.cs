namespace ImageTrainer.Training;

/// <summary>One strength of the head's penalty that was tried by cross-validation.</summary>
/// <param name="L2">The strength.</param>
/// <param name="LogLoss">Mean log-loss on the held-out folds.</param>
/// <param name="Accuracy">Share of held-out images that were right, 0 to 1.</param>
/// <param name="IsChosen">Whether the head was fitted with it.</param>
public sealed record HeadTrial(double L2, double LogLoss, double Accuracy, bool IsChosen);
