using Spectre.Console;

namespace ImageTrainer.Cli.Terminal;

/// <summary>
/// Shows the step under way on stderr: a moving bar on a terminal, else a line every few seconds. Safe for concurrent callers.
/// </summary>
internal sealed class StepDisplay
{
    /// <summary>Width of the bar in columns.</summary>
    private const int BarWidth = 20;

    /// <summary>Time between two lines where there is no terminal.</summary>
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(5);
    private readonly RunLog _log;
    private readonly TimeProvider _clock;

    /// <summary>Draws the bar; null where there is no terminal.</summary>
    private readonly ProgressContext? _terminal;
    private readonly TimeSpan _lineInterval;
    private readonly Lock _lock = new();

    /// <summary>The bar of the step under way; null between two steps.</summary>
    private ProgressTask? _bar;

    /// <summary>When the last line was said, as a time stamp of the clock.</summary>
    private long _lastLine;

    private StepDisplay(RunLog log, TimeProvider clock, TimeSpan lineInterval, ProgressContext? terminal)
    {
        (_log, _clock, _lineInterval, _terminal) = (log, clock, lineInterval, terminal);
        _lastLine = clock.GetTimestamp();
    }

    /// <summary>Runs a job that shows its steps.</summary>
    public static T Run<T>(RunLog log, TimeProvider clock, Func<StepDisplay, T> job) => Run(log, clock, UsualInterval, job);

    /// <summary>Runs a job that shows its steps; where there is no terminal, a line at most as often as this.</summary>
    /// <param name="log">Where lines are said.</param>
    /// <param name="clock">Tells when the next line is due.</param>
    /// <param name="lineInterval">Least time between two lines of one step.</param>
    /// <param name="job">The job; it may show steps from any thread.</param>
    public static T Run<T>(RunLog log, TimeProvider clock, TimeSpan lineInterval, Func<StepDisplay, T> job)
    {
        if (Console.IsErrorRedirected) return job(new StepDisplay(log, clock, lineInterval, terminal: null));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Profile.Capabilities.Ansi
            ? RunOn(console, log, clock, job)
            : job(new StepDisplay(log, clock, lineInterval, terminal: null));
    }

    /// <summary>Shows how far the step is.</summary>
    /// <param name="text">One line.</param>
    /// <param name="doneFraction">Share that is done, 0 to 1; null where that is not known.</param>
    public void Show(string text, double? doneFraction)
    {
        lock (_lock)
        {
            if (_terminal is not null) Draw(text, doneFraction);
            else if (_clock.GetElapsedTime(_lastLine) >= _lineInterval) SayLine(text);
        }
    }

    /// <summary>Ends the step; the text stays.</summary>
    public void Finish(string text)
    {
        lock (_lock)
        {
            _bar?.StopTask();
            _bar = null;
            SayLine(text);
        }
    }

    /// <summary>Runs a job with a bar on a terminal; what is said meanwhile appears above it.</summary>
    private static T RunOn<T>(IAnsiConsole console, RunLog log, TimeProvider clock, Func<StepDisplay, T> job)
    {
        Progress progress = console.Progress().AutoClear(true).HideCompleted(true).Columns(
            new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth });
        return progress.Start(context =>
        {
            // Anything written past the console that draws the bar would be drawn over.
            log.ShowThrough(console.WriteLine);
            try
            {
                return job(new StepDisplay(log, clock, UsualInterval, context));
            }
            finally
            {
                log.ShowThrough(null);
            }
        });
    }

    /// <summary>Moves the bar; one whose end is not known runs to and fro.</summary>
    private void Draw(string text, double? doneFraction)
    {
        string description = TextTables.Cell(text);
        _bar ??= _terminal!.AddTask(description, maxValue: 1);
        _bar.Description = description;
        _bar.IsIndeterminate = doneFraction is null;
        // A bar that reaches its end is taken off the screen; it is the caller who says when the step ends.
        _bar.Value = Math.Min(doneFraction ?? 0, 0.999);
    }

    private void SayLine(string text)
    {
        _lastLine = _clock.GetTimestamp();
        _log.Say(text);
    }
}
