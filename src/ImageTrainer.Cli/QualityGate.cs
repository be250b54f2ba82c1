using System.Globalization;
using ImageTrainer.Evaluation;

namespace ImageTrainer.Cli;

/// <summary>What <c>--min-accuracy</c> says when the model is not good enough.</summary>
internal static class QualityGate
{
    /// <summary>Says so on stderr and gives the exit code.</summary>
    public static ExitCode Report(MulticlassClassificationMetrics metrics, double minimum)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Micro-accuracy {metrics.MicroAccuracy:0.0000} is below --min-accuracy {minimum:0.####}."));
        return ExitCode.QualityGate;
    }
}
