using System.Globalization;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;
using Spectre.Console;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Shows training on stderr: a moving bar on a terminal, else a plain line every few seconds.</summary>
internal sealed class TrainingDisplay : IProgress<TrainingProgress>
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private readonly RunLog _log;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private StatusContext? _status;
    private ProgressMeter? _meter;
    private long _lastLine;

    private TrainingDisplay(RunLog log, TimeProvider clock)
    {
        _log = log;
        _clock = clock;
    }

    /// <summary>Runs a job while its progress is shown.</summary>
    public static T Run<T>(RunLog log, TimeProvider clock, Func<TrainingDisplay, T> job)
    {
        var display = new TrainingDisplay(log, clock);
        if (Console.IsErrorRedirected) return job(display);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Status().Spinner(Spinner.Known.Dots).Start("Starting", context =>
        {
            display._status = context;
            return job(display);
        });
    }

    /// <summary>Progress of featurizing alone, for evaluation after training.</summary>
    public IProgress<FeaturizingProgress> Featurizing => new FeaturizingRelay(this);

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        switch (value)
        {
            case TrainingProgress.DeviceChosen { Choice: var choice }:
                _log.Say($"Device: {choice.Device} ({choice.Reason}).");
                break;
            case TrainingProgress.BackboneChosen { Backbone: var backbone }:
                _log.Say(backbone.Reason);
                _log.Say($"Weights: {backbone.Descriptor.Source}; licence: {backbone.Descriptor.License}.");
                break;
            case TrainingProgress.Featurizing { Progress: var progress }:
                Show("Featurizing", progress.DoneCount, progress.TotalCount, Details(progress));
                break;
            case TrainingProgress.Downloading { Progress: var progress }:
                Update(DownloadLines.Describe(progress), isLast: false);
                break;
            case TrainingProgress.FittingHead:
                Update("Fitting the head", isLast: true);
                break;
            case TrainingProgress.Notice { Message: var message }:
                _log.Say(message);
                break;
        }
    }

    private static string Details(FeaturizingProgress progress)
    {
        string cached = progress.CachedCount > 0 ? $", {progress.CachedCount} from the cache" : "";
        string bad = progress.BadCount > 0 ? $", {progress.BadCount} unreadable" : "";
        return cached + bad;
    }

    private void Show(string step, int done, int total, string details)
    {
        lock (_lock)
        {
            if (done <= 1 || _meter is null) _meter = StartMeter();
            string rate = done < total ? _meter.Describe(done, total) : string.Create(CultureInfo.InvariantCulture, $"{_meter.Seconds:0.0} s");
            Update($"{step}: {done}/{total} images{details}, {rate}", done == total);
        }
    }

    private ProgressMeter StartMeter()
    {
        _lastLine = _clock.GetTimestamp();
        return new ProgressMeter(_clock);
    }

    private void Update(string text, bool isLast)
    {
        lock (_lock)
        {
            _status?.Status(Markup.Escape(text));
            bool isDue = _status is null && _clock.GetElapsedTime(_lastLine) >= PlainInterval;
            if (!isLast && !isDue) return;
            _lastLine = _clock.GetTimestamp();
            _log.Say(text);
        }
    }

    private sealed class FeaturizingRelay(TrainingDisplay display) : IProgress<FeaturizingProgress>
    {
        public void Report(FeaturizingProgress value) => display.Report(new TrainingProgress.Featurizing(value));
    }
}
