namespace ImageTrainer.Training.FineTuning;

/// <summary>Which stages of a residual network are trained together with the head.</summary>
public enum FineTuneStages
{
    /// <summary>The last stage: a third of the arithmetic, most of the parameters, and the place to start.</summary>
    Stage4,

    /// <summary>The last two stages.</summary>
    Stage3,

    /// <summary>Every convolution.</summary>
    All,
}
