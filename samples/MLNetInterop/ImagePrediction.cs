namespace MLNetInterop;

/// <summary>What comes out of it.</summary>
public sealed class ImagePrediction
{
    /// <summary>The label of the highest score.</summary>
    public string PredictedLabel { get; set; } = "";

    /// <summary>Probabilities that add up to 1, in the order of the column's slot names.</summary>
    public float[] Score { get; set; } = [];
}
