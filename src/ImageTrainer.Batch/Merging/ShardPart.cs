using ImageTrainer.Batch.Output;

namespace ImageTrainer.Batch.Merging;

/// <summary>The finished output of one share.</summary>
internal sealed class ShardPart
{
    private readonly JournalEntry[] _entries;

    private ShardPart(OutputFiles files, JobIdentity identity, JournalEntry[] entries) =>
        (Files, Identity, _entries) = (files, identity, entries);

    /// <summary>Its files.</summary>
    public OutputFiles Files { get; }

    /// <summary>The job it is of.</summary>
    public JobIdentity Identity { get; }

    /// <summary>How it ended.</summary>
    public JournalEntry End => _entries[^1];

    /// <summary>Where its rows stand in the whole input.</summary>
    public IEnumerable<long> Positions => Identity.ShardCount == 1
        ? UpTo(End.Progress.RowCount)
        : PositionSteps.Read(_entries.Select(entry => entry.PositionSteps));

    /// <summary>Where the rows of its errors file do.</summary>
    public IEnumerable<long> ErrorPositions => Identity.ShardCount == 1
        ? UpTo(End.Progress.ErrorCount)
        : PositionSteps.Read(_entries.Select(entry => entry.ErrorPositionSteps));

    /// <summary>Opens a part by its journal.</summary>
    /// <exception cref="ScoringRefusedException">It is missing, unfinished, or was changed since.</exception>
    public static ShardPart Open(string path)
    {
        var files = new OutputFiles(path);
        if (!File.Exists(files.Journal))
            throw Refused($"'{path}' has no journal '{files.Journal}' beside it; `score --shard` writes both");
        byte[] journal = ReadJournal(files);
        JournalContent content = Output.Journal.Read(journal);
        if (content.Identity is null || !content.Last.Progress.IsFinished || !File.Exists(files.Final))
            throw Refused($"'{path}' is not finished; run its job again with --resume");
        if (content.Last.Progress.ChangedImageCount is not null)
            throw Refused(
                $"the input changed while '{path}' was scored, so that its rows may not go with those of the others; "
                + "score all shards again, of a list that stays as it is");
        if (new FileInfo(files.Final).Length != content.Last.OutputLength)
            throw Refused($"'{path}' has another length than its job gave it; score it again");
        CheckErrors(files, content.Last);
        return new ShardPart(files, content.Identity, [.. Output.Journal.Entries(journal)]);
    }

    private static void CheckErrors(OutputFiles files, JournalEntry last)
    {
        if (last.Progress.ErrorCount == 0) return;
        var errors = new FileInfo(files.Errors);
        if (!errors.Exists)
            throw Refused(
                $"'{files.Errors}' is missing, which holds the errors of '{files.Final}' ({last.Progress.ErrorCount} in all); "
                + "put it back, or score that shard again");
        if (errors.Length != last.ErrorsLength)
            throw Refused($"'{files.Errors}' has another length than its job gave it; score that shard again");
    }

    private static IEnumerable<long> UpTo(long count)
    {
        for (long i = 0; i < count; i++) yield return i;
    }

    private static byte[] ReadJournal(OutputFiles files)
    {
        try
        {
            return File.ReadAllBytes(files.Journal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(
                $"the journal of '{files.Final}' cannot be read, perhaps because its job is running ({exception.Message.TrimEnd('.')})");
        }
    }

    private static ScoringRefusedException Refused(string reason) =>
        new(ScoringRefusal.PartsDisagree, $"Cannot merge: {reason}.");
}
