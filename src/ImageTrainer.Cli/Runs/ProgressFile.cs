using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Batch;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

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
/// JSON for a supervisor: one object, replaced as a whole once a second at most, so that no reader ever sees half of it. A file that
/// cannot be
/// written any more is said once, and no reason to stop the work that it is about. Safe for concurrent callers.
/// </summary>
/// <param name="path">Path of the file.</param>
/// <param name="clock">Tells when it is time to write again.</param>
/// <param name="say">Told that the file cannot be written.</param>
internal sealed class ProgressFile(string path, TimeProvider clock, Action<string> say)
{
    /// <summary>How often the file is replaced at most.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>What every such file begins with: by this it is told from other people's files, which are never written over.</summary>
    private static readonly byte[] Start = [.. "{\"state\":"u8];
    private readonly Lock _lock = new();

    /// <summary>When the file was last replaced, as a time stamp of the clock.</summary>
    private long? _last;

    /// <summary>What was last reported, whether written or not.</summary>
    private ProgressRecord? _record;
    private bool _hasEnded;

    /// <summary>Whether it was said already that the file cannot be written.</summary>
    private bool _hasFailed;

    /// <summary>Where such a file is written before it takes its place.</summary>
    public static string TemporaryOf(string path) => path + ".tmp";

    /// <summary>Refuses a place where no such file can be written, or where another file is.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="option">The option that names another place.</param>
    /// <exception cref="UsageException">It is such a place.</exception>
    public static void RequirePlace(string path, string option)
    {
        foreach (string file in new[] { path, TemporaryOf(path) })
        {
            RequireWritable(file, option);
            if (!IsFree(file))
                throw new UsageException($"'{file}' exists and is not a progress file; name another file with {option}.");
        }
    }

    /// <summary>Refuses a place that could never be written to. A job goes on without its progress where there is no room for it.</summary>
    /// <exception cref="UsageException">It is a folder, a device, or in a folder that cannot be written to.</exception>
    private static void RequireWritable(string file, string option)
    {
        try
        {
            WritablePlace.RequireFile(file, option);
        }
        catch (IOException exception) when (DiskSpace.IsUsedUp(exception))
        {
            // Told when it cannot be written.
        }
    }

    /// <summary>Writes how far the job is, where the last time is a second ago.</summary>
    public void Write(ScoringProgress progress, ScoringRate rate)
    {
        lock (_lock)
        {
            if (_hasEnded) return;
            _record = new ProgressRecord(
                ProgressState.Running,
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
            if (!TryReplace(Serialize(_record), out string? reason)) SayOnce(reason);
        }
    }

    /// <summary>Writes how the job ended; only the first end counts.</summary>
    public void End(ProgressState state, ExitCode exitCode, ScoringSummary? summary)
    {
        lock (_lock)
        {
            if (_hasEnded) return;
            _hasEnded = true;
            ProgressRecord record = _record ?? new ProgressRecord(state, 0, null, 0, 0, null, null, null, clock.GetUtcNow());
            if (summary is not null)
                record = record with { Done = summary.RowCount, Errors = summary.ErrorCount, Resumed = summary.ResumedCount };
            record = record with { State = state, EtaSeconds = null, ExitCode = (int)exitCode, UpdatedAt = clock.GetUtcNow() };
            byte[] json = Serialize(record);
            // On a full disk there is no room for a second file, but there is for this one where the last one is.
            if (!TryReplace(json, out string? reason) && !Try(() => Overwrite(json), out _)) SayOnce(reason);
        }
    }

    /// <summary>Whether nothing would be lost by writing there: no file, one of an earlier job, or an empty one.</summary>
    private static bool IsFree(string file)
    {
        if (!File.Exists(file)) return true;
        byte[] content = new byte[Start.Length];
        using FileStream stream = File.OpenRead(file);
        int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        // A power cut may leave zeros.
        return content.SequenceEqual(Start) || !content.AsSpan(0, length).ContainsAnyExcept((byte)0);
    }

    private static byte[] Serialize(ProgressRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(record, ProgressJson.Default.ProgressRecord);

    /// <summary>Writes a file beside the last one and puts it in its place.</summary>
    /// <param name="json">The new content.</param>
    /// <param name="reason">Why it could not be done.</param>
    private bool TryReplace(byte[] json, [NotNullWhen(false)] out string? reason)
    {
        string temporary = TemporaryOf(path);
        bool isReplaced = Try(
            () =>
            {
                File.WriteAllBytes(temporary, json);
                File.Move(temporary, path, overwrite: true);
            },
            out reason);
        if (!isReplaced) Try(() => File.Delete(temporary), out _);
        return isReplaced;
    }

    /// <summary>Writes into the last file itself, which needs no room that it does not have; a reader may see half of it.</summary>
    private void Overwrite(byte[] json)
    {
        using FileStream stream = File.OpenWrite(path);
        stream.Write(json);
        stream.SetLength(json.Length);
    }

    /// <summary>Whether something could be written; a file system's refusal is a reason, and no failure of the job.</summary>
    private static bool Try(Action write, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
        }

        return reason is null;
    }

    /// <summary>Tells the user that the file cannot be written, the first time that it cannot.</summary>
    private void SayOnce(string reason)
    {
        if (!_hasFailed) say($"The progress file '{path}' cannot be written ({reason.TrimEnd('.')}); the job goes on without it.");
        _hasFailed = true;
    }
}

/// <summary>The content of a <see cref="ProgressFile"/>.</summary>
/// <param name="State">What the job is doing.</param>
/// <param name="Done">Rows that are there, those of earlier runs included.</param>
/// <param name="Total">Rows that there will be; null while the input is still being counted, or is a stream.</param>
/// <param name="Errors">Rows of images that could not be scored.</param>
/// <param name="Resumed">Rows of earlier runs.</param>
/// <param name="ImagesPerSecond">Rate of this run; null at first.</param>
/// <param name="EtaSeconds">Time that is left by that rate; null where the total is not known, and at the end.</param>
/// <param name="ExitCode">What the process ends with; null while it runs.</param>
/// <param name="UpdatedAt">When this was written, UTC.</param>
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
