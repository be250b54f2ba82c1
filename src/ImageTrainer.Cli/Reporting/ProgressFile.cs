using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Batch;

namespace ImageTrainer.Cli.Reporting;

/// <summary>What a job that writes a <see cref="ProgressFile"/> is doing.</summary>
internal enum ProgressState
{
    /// <summary>At work.</summary>
    Running,

    /// <summary>All rows are there.</summary>
    Finished,

    /// <summary>Stopped by a signal; the rows so far are kept.</summary>
    Cancelled,

    /// <summary>Ended by an error; the rows so far are kept.</summary>
    Failed,
}

/// <summary>
/// JSON for a supervisor: one object, replaced as a whole once a second at most, so that no reader ever sees half of it. A file that cannot be
/// written is no reason to stop the work that it is about.
/// </summary>
internal sealed class ProgressFile(string path, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private long? _last;
    private ProgressRecord? _record;

    /// <summary>Where such a file is written before it takes its place.</summary>
    public static string TemporaryOf(string path) => path + ".tmp";

    /// <summary>Writes how far the job is, where the last time is a second ago.</summary>
    public void Write(ProgressState state, ScoringProgress progress, ScoringRate rate)
    {
        _record = new ProgressRecord(
            state,
            progress.DoneCount,
            progress.TotalCount,
            progress.ErrorCount,
            progress.ResumedCount,
            rate.PerSecond,
            rate.Left?.TotalSeconds,
            ExitCode: null,
            clock.GetUtcNow());
        if (_last is { } last && clock.GetElapsedTime(last) < Interval) return;
        _last = clock.GetTimestamp();
        Replace(_record);
    }

    /// <summary>Writes how the job ended.</summary>
    public void End(ProgressState state, ExitCode exitCode, ScoringSummary? summary)
    {
        ProgressRecord record = _record ?? new ProgressRecord(state, 0, null, 0, 0, null, null, null, clock.GetUtcNow());
        if (summary is not null) record = record with { Done = summary.RowCount, Errors = summary.ErrorCount, Resumed = summary.ResumedCount };
        Replace(record with { State = state, EtaSeconds = null, ExitCode = (int)exitCode, UpdatedAt = clock.GetUtcNow() });
    }

    private void Replace(ProgressRecord record)
    {
        string temporary = TemporaryOf(path);
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, ProgressJson.Default.ProgressRecord));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next one may succeed.
        }
    }
}

/// <summary>The content of a <see cref="ProgressFile"/>.</summary>
internal sealed record ProgressRecord(
    ProgressState State,
    long Done,
    long? Total,
    long Errors,
    long Resumed,
    double? ImagesPerSecond,
    double? EtaSeconds,
    int? ExitCode,
    DateTimeOffset UpdatedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProgressRecord))]
internal sealed partial class ProgressJson : JsonSerializerContext;
