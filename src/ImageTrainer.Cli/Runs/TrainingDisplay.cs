using ImageTrainer.Cli.Terminal;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>Puts what happens during training into words.</summary>
internal sealed class TrainingDisplay(RunLog log, StepDisplay display, TimeProvider clock) : IProgress<TrainingProgress>
{
    private ImageCounter? _counter;

    /// <summary>What fine-tuning began with; null before it.</summary>
    private TrainingProgress.FineTuningStarted? _started;

    /// <summary>The frozen network's figures, which epochs are held against.</summary>
    private FineTuningEpoch? _frozen;

    /// <summary>When the epoch under way began, as a time stamp of the clock.</summary>
    private long? _epochStart;

    /// <summary>Whether it was said already how many epochs the time budget reaches.</summary>
    private bool _hasSaidReach;

    /// <summary>Whether images are being worked on, and no longer only what is asked for.</summary>
    public bool HasBegun { get; private set; }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        HasBegun |= value is TrainingProgress.Featurizing or TrainingProgress.Calibrating;
        switch (value)
        {
            case TrainingProgress.DeviceChosen { Choice: var choice }:
                log.Say($"Device: {choice.Device} ({choice.Reason}).");
                break;
            case TrainingProgress.BackboneChosen { Backbone: var backbone }:
                log.Say(backbone.Reason);
                log.Say($"Weights: {backbone.Descriptor.Source}; licence: {backbone.Descriptor.License}.");
                _counter = NewCounter("Featurizing");
                break;
            case TrainingProgress.Featurizing { Progress: var progress }:
                _counter?.Report(progress);
                break;
            case TrainingProgress.Downloading { Progress: var progress }:
                display.Show(DownloadLines.Describe(progress), DownloadLines.DoneFraction(progress));
                break;
            case TrainingProgress.FittingHead:
                display.Show("Fitting the head", doneFraction: null);
                _counter = NewCounter("Featurizing in other precision");
                break;
            case TrainingProgress.PrecisionChosen { Choice: var choice }:
                log.Say($"Precision: {choice.Name} ({choice.Reason}).");
                _counter = NewCounter("Featurizing the validation images");
                break;
            case TrainingProgress.Calibrating or TrainingProgress.CheckingPrecision:
                display.Show(value is TrainingProgress.Calibrating ? "Calibrating int8" : "Comparing int8 with fp32", doneFraction: null);
                break;
            case TrainingProgress.Notice { Message: var message }:
                log.Say(message);
                break;
            default:
                ReportFineTuning(value);
                break;
        }
    }

    /// <summary>Says how the head came out, and shows the progress of what follows.</summary>
    public IProgress<FeaturizingProgress> ReportFitted(ImageClassificationModel model)
    {
        display.Finish(HeadText.Of(model));
        return NewCounter("Measuring");
    }

    /// <summary>Words what happens while the network's last stages are trained.</summary>
    private void ReportFineTuning(TrainingProgress value)
    {
        switch (value)
        {
            case TrainingProgress.FineTuningStarted started:
                _started = started;
                log.Say(FineTuningText.Start(started.Options, (started.TrainImageCount, started.ValidationImageCount), started.BatchSize));
                break;
            case TrainingProgress.StepFinished step:
                ShowStep(step);
                break;
            case TrainingProgress.EpochFinished { Epoch: var epoch, EpochCount: var count }:
                SayEpoch(epoch, count);
                break;
        }
    }

    private void ShowStep(TrainingProgress.StepFinished step)
    {
        double done = (double)step.Step / step.StepCount;
        SayReach(step);
        display.Show($"Epoch {step.Epoch}: step {step.Step}/{step.StepCount}", done);
    }

    /// <summary>
    /// Says, once, how many epochs the time budget reaches where it does not reach all of them. From the third step on, for the first
    /// ones start the engine.
    /// </summary>
    private void SayReach(TrainingProgress.StepFinished step)
    {
        if (_hasSaidReach || _started is not { } started) return;
        if (step.Step == 1) _epochStart = clock.GetTimestamp();
        if (step.Step < Math.Min(4, step.StepCount) || step.Step == 1 || _epochStart is not { } start) return;
        _hasSaidReach = true;
        TimeSpan epochTime = clock.GetElapsedTime(start) / (step.Step - 1) * step.StepCount;
        if (FineTuningText.Reach(started.Options, epochTime) is { } reach) log.Say(reach);
    }

    /// <summary>One line an epoch, with the time that is left by the length of this one.</summary>
    private void SayEpoch(FineTuningEpoch epoch, int count)
    {
        if (epoch.Number == 0) _frozen = epoch;
        bool beatsFrozen = _frozen is { } frozen && _started is { } started && epoch.Beats(frozen, started.ValidationImageCount);
        TimeSpan? left = null;
        if (_epochStart is { } start) left = (count - epoch.Number) * clock.GetElapsedTime(start);
        _epochStart = clock.GetTimestamp();
        display.Finish(FineTuningText.Of(epoch, count, beatsFrozen, left));
    }

    private ImageCounter NewCounter(string step) => new(step, display, clock);
}
