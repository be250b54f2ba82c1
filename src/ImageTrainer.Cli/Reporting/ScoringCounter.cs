using System.Globalization;
using ImageTrainer.Batch;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Words the progress of a scoring job: "Scoring: 1200/50000 images, 3 unreadable, 27.5/s, 29:34 left".</summary>
/// <param name="display">Where it is shown.</param>
/// <param name="file">Where a supervisor reads it, or null.</param>
/// <param name="clock">Measures the rate.</param>
internal sealed class ScoringCounter(StepDisplay display, ProgressFile? file, TimeProvider clock) : IProgress<ScoringProgress>
{
    private readonly ScoringRate _rate = new(clock);

    /// <inheritdoc/>
    public void Report(ScoringProgress value)
    {
        _rate.Take(value);
        string of = value.TotalCount is { } total ? string.Create(CultureInfo.InvariantCulture, $"/{total}") : "";
        string bad = value.ErrorCount > 0 ? string.Create(CultureInfo.InvariantCulture, $", {value.ErrorCount} unreadable") : "";
        string text = string.Create(CultureInfo.InvariantCulture, $"Scoring: {value.DoneCount}{of} images{bad}{_rate}");
        display.Show(text, value.TotalCount is > 0 and { } all ? (double)value.DoneCount / all : null);
        file?.Write(value, _rate);
    }
}
