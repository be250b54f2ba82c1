using System.Globalization;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Evaluation;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>--min-accuracy</c> does.</summary>
internal static class QualityGate
{
    /// <summary>Whether the model is not good enough; says so.</summary>
    /// <param name="metrics">How good it is.</param>
    /// <param name="minimum">Least micro-accuracy, 0 to 1, or null for any.</param>
    /// <param name="log">Where to say it.</param>
    public static bool Fails(ClassificationReport metrics, double? minimum, RunLog log)
    {
        if (minimum is null || metrics.MicroAccuracy >= minimum) return false;
        log.Say(string.Create(CultureInfo.InvariantCulture,
            $"Micro-accuracy {metrics.MicroAccuracy:0.0000####} is below --min-accuracy {minimum}."));
        return true;
    }
}
