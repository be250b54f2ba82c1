namespace ImageTrainer.Training.Heads;

/// <summary>A fitted head: logits = Weights x + Biases for the raw features x of an image.</summary>
/// <param name="Weights">[K, D], row-major, on raw (not standardised) features.</param>
/// <param name="Biases">[K].</param>
/// <param name="L2">The chosen strength, in the unit of <see cref="HeadFitOptions.L2Candidates"/>.</param>
/// <param name="FoldCount">Folds of the cross-validation; 0 where there was none.</param>
/// <param name="HeldOutLogits">
/// [N, K], row-major: each image's logits from the fold model that had not seen it, for the chosen strength; null without
/// cross-validation. What temperatures and thresholds may be fitted on.
/// </param>
/// <param name="Candidates">What cross-validation found of each strength it tried, strongest first; empty without it.</param>
/// <param name="Notices">Whole sentences for the user: what was done otherwise than asked, and why.</param>
internal sealed record HeadFit(
    float[] Weights,
    float[] Biases,
    double L2,
    int FoldCount,
    float[]? HeldOutLogits,
    IReadOnlyList<HeadCandidate> Candidates,
    IReadOnlyList<string> Notices)
{
    /// <summary>[N], how much each row of <see cref="HeldOutLogits"/> counts: 0 where the image was in no fold. Null without cross-validation.</summary>
    public float[]? HeldOutWeights { get; init; }
}

/// <summary>One L2 strength as cross-validation saw it. Images count by their class weights.</summary>
/// <param name="L2">The strength.</param>
/// <param name="LogLoss">Mean cross-entropy of the held-out images, in nats.</param>
/// <param name="Accuracy">Share of the held-out images whose largest logit is their label's, 0 to 1.</param>
internal sealed record HeadCandidate(double L2, double LogLoss, double Accuracy);
