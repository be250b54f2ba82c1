using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Batch;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Cli.Runs;

/// <summary>What a finished scoring job says, in words and as JSON.</summary>
/// <param name="Output">Where the rows are.</param>
/// <param name="Images">Rows.</param>
/// <param name="Errors">Those of images that could not be scored.</param>
/// <param name="Resumed">Rows of earlier runs.</param>
/// <param name="ModelSha256">Hash of the model file.</param>
/// <param name="ElapsedSeconds">Time of this run.</param>
/// <param name="ImagesPerSecond">Rate of this run.</param>
/// <param name="Stages">How its stages spent their time.</param>
/// <param name="Notice">What the user has to know besides.</param>
internal sealed record ScoringReport(
    string Output,
    long Images,
    long Errors,
    long Resumed,
    string ModelSha256,
    double ElapsedSeconds,
    double ImagesPerSecond,
    IReadOnlyList<StageReport> Stages,
    string? Notice)
{
    /// <summary>Sums up a job.</summary>
    public static ScoringReport Of(ScoringSummary summary, string output)
    {
        double seconds = summary.Elapsed.TotalSeconds;
        return new ScoringReport(
            output,
            summary.RowCount,
            summary.ErrorCount,
            summary.ResumedCount,
            summary.ModelSha256,
            Math.Round(seconds, 3),
            Math.Round((summary.RowCount - summary.ResumedCount) / Math.Max(seconds, 1e-9), 2),
            [.. summary.Stages.Select(StageReport.Of)],
            summary.Notice);
    }

    /// <summary>One JSON object in one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ScoringJson.Default.ScoringReport);

    /// <summary>Lines for people.</summary>
    public IEnumerable<string> Describe()
    {
        string resumed = Resumed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Resumed} of them from earlier runs") : "";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{Output}: {Images} images, {Errors} unreadable{resumed}; {ElapsedSeconds:0.0} s ({ImagesPerSecond:0.0}/s).");
        if (Stages.Count > 0) yield return "Time of each stage: " + string.Join("; ", Stages.Select(stage => stage.Describe())) + ".";
        if (Notice is not null) yield return Notice;
    }
}

/// <summary>How one stage spent its time.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Threads">Threads in it.</param>
/// <param name="BusySeconds">At work, added up over its threads.</param>
/// <param name="WaitedForInputSeconds">Without anything to do.</param>
/// <param name="WaitedForRoomSeconds">Held up by the stages behind.</param>
internal sealed record StageReport(string Name, int Threads, double BusySeconds, double WaitedForInputSeconds, double WaitedForRoomSeconds)
{
    /// <summary>Rounds what was measured.</summary>
    public static StageReport Of(StageTime time) => new(
        time.Name,
        time.ThreadCount,
        Math.Round(time.Busy.TotalSeconds, 3),
        Math.Round(time.WaitingForInput.TotalSeconds, 3),
        Math.Round(time.WaitingForRoom.TotalSeconds, 3));

    /// <summary>"decode (2 threads) 12 % busy, 3 % waiting for input, 85 % for room".</summary>
    public string Describe()
    {
        double all = Math.Max(BusySeconds + WaitedForInputSeconds + WaitedForRoomSeconds, 1e-9);
        string threads = Threads == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({Threads} threads)");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}{threads} {100 * BusySeconds / all:0} % busy, {100 * WaitedForInputSeconds / all:0} % waiting for input, "
            + $"{100 * WaitedForRoomSeconds / all:0} % for room");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ScoringReport))]
internal sealed partial class ScoringJson : JsonSerializerContext;

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

/// <summary>
/// Images a second and the time that is left, from the first report on: what earlier runs did says nothing about this one.
/// </summary>
internal sealed class ScoringRate(TimeProvider clock)
{
    /// <summary>Time before which a rate would be a guess.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private long? _start;
    private long _startCount;

    /// <summary>Images a second; null at first, when it could only be a guess.</summary>
    public double? PerSecond { get; private set; }

    /// <summary>Time left; null where that is not known.</summary>
    public TimeSpan? Left { get; private set; }

    /// <summary>Takes a report.</summary>
    public void Take(ScoringProgress value)
    {
        if (_start is null) (_start, _startCount) = (clock.GetTimestamp(), value.DoneCount);
        TimeSpan elapsed = clock.GetElapsedTime(_start.Value);
        if (elapsed < Settling || value.DoneCount == _startCount) return;
        double rate = (value.DoneCount - _startCount) / elapsed.TotalSeconds;
        PerSecond = rate;
        Left = value.TotalCount is { } total ? TimeSpan.FromSeconds(Math.Ceiling((total - value.DoneCount) / rate)) : null;
    }

    /// <summary>Gives ", 27.5/s, 0:14 left", as far as it is known.</summary>
    public override string ToString()
    {
        string rate = PerSecond is { } perSecond ? string.Create(CultureInfo.InvariantCulture, $", {perSecond:0.0}/s") : "";
        return rate + (Left is { } left ? $", {ProgressMeter.Clock(left)} left" : "");
    }
}
