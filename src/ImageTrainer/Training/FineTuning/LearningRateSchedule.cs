namespace ImageTrainer.Training.FineTuning;

/// <summary>
/// The learning rate over time: rising in equal steps for the first tenth, at most one epoch, then falling along half a cosine to 0
/// ("SGDR: Stochastic Gradient Descent with Warm Restarts", Loshchilov and Hutter, 2017, equation 5, without restarts).
/// </summary>
/// <param name="peak">The greatest rate.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
/// <param name="epochCount">Epochs.</param>
internal sealed class LearningRateSchedule(double peak, int stepsPerEpoch, int epochCount)
{
    private const double WarmUpFraction = 0.1;

    private readonly long _stepCount = (long)stepsPerEpoch * epochCount;
    private readonly long _warmUpCount = Math.Min(stepsPerEpoch, (long)(WarmUpFraction * stepsPerEpoch * epochCount));

    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < _warmUpCount) return peak * (step + 1) / (_warmUpCount + 1);
        double done = (double)(step - _warmUpCount) / Math.Max(1, _stepCount - _warmUpCount);
        return peak / 2 * (1 + Math.Cos(Math.PI * Math.Min(1, done)));
    }
}
