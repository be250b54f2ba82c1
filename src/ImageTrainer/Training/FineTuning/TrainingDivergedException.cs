using System.Globalization;

namespace ImageTrainer.Training.FineTuning;

/// <summary>Training has left the numbers: the loss is not finite, or beyond all reason, also at a tenth of the learning rate.</summary>
public sealed class TrainingDivergedException : ImageTrainerException
{
    /// <summary>Describes where training has diverged.</summary>
    /// <param name="epoch">Epoch, from 1.</param>
    /// <param name="step">Step within the epoch, from 1.</param>
    /// <param name="learningRate">The learning rate of the last attempt.</param>
    public TrainingDivergedException(int epoch, int step, double learningRate)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Training diverged in epoch {epoch}, step {step}: the loss is no longer a sensible number, even at a learning rate of {learningRate:0.######}, ")
            + "a tenth of the one asked for. Use a smaller learning rate.")
    {
        (Epoch, Step, LearningRate) = (epoch, step, learningRate);
    }

    /// <summary>Epoch, from 1.</summary>
    public int Epoch { get; }

    /// <summary>Step within the epoch, from 1.</summary>
    public int Step { get; }

    /// <summary>The learning rate of the last attempt.</summary>
    public double LearningRate { get; }
}
