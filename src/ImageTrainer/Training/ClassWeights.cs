namespace ImageTrainer.Training;

/// <summary>How much an image of each class counts while a head is fitted.</summary>
public enum ClassWeights
{
    /// <summary>Every image counts the same, so large classes weigh more.</summary>
    None,

    /// <summary>
    /// An image of class k counts n / (K * n_k), so every class weighs the same in all: for data sets whose imbalance is an
    /// accident of collecting rather than what the model will meet.
    /// </summary>
    Balanced,
}
