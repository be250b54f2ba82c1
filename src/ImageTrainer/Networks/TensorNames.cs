namespace ImageTrainer.Networks;

/// <summary>Names of the tensors by which the rest of the house knows a network.</summary>
internal static class TensorNames
{
    /// <summary>Input: float [N, 3, H, W], RGB, 0..255.</summary>
    public const string Pixels = "Pixels";

    /// <summary>Output of the backbone: float [N, D].</summary>
    public const string Features = "Features";

    /// <summary>Output of a pretrained head: float [N, K], no temperature, no softmax.</summary>
    public const string Logits = "Logits";

    /// <summary>Natural logarithms of the probabilities: float [N, K].</summary>
    public const string LogScore = "LogScore";

    /// <summary>Probabilities: float [N, K], each row adding up to 1.</summary>
    public const string Score = "Score";
}
