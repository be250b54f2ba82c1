using System.Buffers;
using ImageTrainer.Batch.Output;

namespace ImageTrainer.Batch.Merging;

/// <summary>Puts the outputs of all shares together in the order of the input: the same bytes as scoring the whole at once gives.</summary>
public static class ShardMerge
{
    /// <summary>Bytes held back before they are written.</summary>
    private const int LargestBuffer = 1 << 20;

    /// <summary>Merges parts into a new file.</summary>
    /// <param name="output">Path of the file to make.</param>
    /// <param name="parts">
    /// The outputs of shares 0 to N - 1 of one job, in any order, each with its journal beside it. Their errors files may be among
    /// them, as a pattern like <c>part-*.csv</c> names both.
    /// </param>
    /// <param name="cancellationToken">Stops the merge; the output is not made then.</param>
    /// <returns>Number of rows.</returns>
    /// <exception cref="ScoringRefusedException">
    /// The output is there already, is a job's that was begun, cannot be written there, or another process is writing it; or the parts
    /// do not belong together or cannot be read.
    /// </exception>
    /// <exception cref="ScoringOutputException">The output could not be written to its end.</exception>
    /// <exception cref="ArgumentException">There are no parts.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static long Run(string output, IReadOnlyList<string> parts, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentOutOfRangeException.ThrowIfZero(parts.Count);
        HashSet<string> errors = [.. parts.Select(part => new OutputFiles(part).Errors)];
        ShardPart[] all = [.. parts.Where(part => !errors.Contains(part)).Select(ShardPart.Open)];
        Check(all);
        var files = new OutputFiles(output);
        try
        {
            using AppendedFile journal = OutputLock.Take(files, resume: false);
            RequireOwn(files, journal);
            return WriteOrDiscard(files, journal, all, cancellationToken);
        }
        catch (ScoringOutputException exception)
        {
            throw Failed(exception.Output, exception.Reason, exception.InnerException);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(files.Final, exception.Message, exception);
        }
    }

    /// <summary>
    /// Refuses a place that is somebody's; an unfinished merge there is nobody's any more. What a merge left behind that was killed is
    /// the next one's to begin anew.
    /// </summary>
    private static void RequireOwn(OutputFiles files, AppendedFile journal)
    {
        byte[] content = journal.ReadAll();
        JobIdentity? begun = Journal.Read(content).Identity;
        if (begun is null) OutputGuard.RequireFree(files, content, resume: false);
        else if (!begun.IsMerge)
            throw new ScoringRefusedException(
                ScoringRefusal.OutputExists,
                $"A job for '{files.Final}' was begun with `score`, which is no merge; name another file, or delete "
                    + $"{files.NamesOfThoseThere()}.");
    }

    /// <summary>Writes the merge, or leaves nothing of it where it does not come to its end.</summary>
    private static long WriteOrDiscard(OutputFiles files, AppendedFile journal, ShardPart[] parts, CancellationToken cancellationToken)
    {
        bool isDone = false;
        try
        {
            long rowCount = Write(files, journal, parts, cancellationToken);
            isDone = true;
            return rowCount;
        }
        finally
        {
            if (!isDone) Discard(files, journal);
        }
    }

    /// <summary>Refuses parts that are not all shares of one job, each once.</summary>
    private static void Check(ShardPart[] parts)
    {
        JobIdentity first = parts[0].Identity;
        foreach (ShardPart part in parts)
        {
            JobIdentity same = part.Identity with { ShardIndex = first.ShardIndex };
            if (same.DifferencesTo(first) is { Count: > 0 } differences)
                throw Refused($"'{part.Files.Final}' is of another job than '{parts[0].Files.Final}': {string.Join("; ", differences)}");
        }

        ILookup<int, ShardPart> byIndex = parts.ToLookup(part => part.Identity.ShardIndex);
        if (byIndex.FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw Refused($"'{twice.First().Files.Final}' and '{twice.Last().Files.Final}' are both shard {twice.Key}/{first.ShardCount}");
        int[] missing = [.. Enumerable.Range(0, first.ShardCount).Where(index => !byIndex.Contains(index))];
        if (missing.Length > 0)
            throw Refused($"of {first.ShardCount} shards, these are missing: {string.Join(", ", missing)}");
    }

    /// <summary>Merges rows and errors, and puts the output in its place.</summary>
    private static long Write(OutputFiles files, AppendedFile journal, ShardPart[] parts, CancellationToken cancellationToken)
    {
        JobIdentity identity = parts[0].Identity with { ShardIndex = 0, ShardCount = 1, IsMerge = true };
        bool isCsv = identity.Format == "csv";
        long errorCount = parts.Sum(part => part.End.Progress.ErrorCount);
        using AppendedFile rows = OutputPlace.Open(files.Partial);
        using AppendedFile errors = OutputPlace.Open(files.Errors);
        Begin(journal, identity, rows, errors);
        // The first part's header is the whole's.
        long rowCount = Merge(parts, part => part.Files.Final, part => part.Positions, (isCsv, isCsv), rows, cancellationToken);
        if (errorCount > 0)
        {
            ShardPart[] withErrors = [.. parts.Where(part => part.End.Progress.ErrorCount > 0)];
            Merge(withErrors, part => part.Files.Errors, part => part.ErrorPositions, (true, true), errors, cancellationToken);
        }

        long next = parts.Max(part => part.End.Progress.NextPosition);
        var progress = new JobProgress(next, rowCount, errorCount, IsFinished: true);
        Journal.Append(journal, new JournalEntry(progress, rows.Length, errors.Length));
        return Finish(files, errorCount, rowCount);
    }

    /// <summary>
    /// Begins the journal before the first row. Rows never lie there without a journal that says that they are a merge's.
    /// </summary>
    private static void Begin(AppendedFile journal, JobIdentity identity, AppendedFile rows, AppendedFile errors)
    {
        foreach (AppendedFile file in (AppendedFile[])[rows, errors, journal]) file.Truncate(0);
        Journal.Begin(journal, identity);
    }

    /// <summary>Gives the finished file its name.</summary>
    private static long Finish(OutputFiles files, long errorCount, long rowCount)
    {
        if (errorCount == 0) File.Delete(files.Errors);
        File.Move(files.Partial, files.Final);
        return rowCount;
    }

    /// <summary>
    /// Removes what was written. The journal stays, empty and so no job's: it is locked, and another process may wait for it.
    /// </summary>
    private static void Discard(OutputFiles files, AppendedFile journal)
    {
        try
        {
            File.Delete(files.Partial);
            File.Delete(files.Errors);
            journal.Truncate(0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ScoringOutputException)
        {
            // What made the merge fail is the thing to tell. The journal says whose the rest is, and the next merge begins anew with it.
        }
    }

    private static long Merge(
        ShardPart[] parts,
        Func<ShardPart, string> file,
        Func<ShardPart, IEnumerable<long>> positions,
        (bool HasQuotes, bool HasHeader) format,
        AppendedFile output,
        CancellationToken cancellationToken)
    {
        PartCursor[] cursors = [.. parts.Select(part => new PartCursor(file(part), positions(part), format.HasQuotes))];
        try
        {
            if (format.HasHeader) CopyHeader(cursors, output);
            return Merge(cursors, output, cancellationToken);
        }
        finally
        {
            foreach (PartCursor cursor in cursors) cursor.Dispose();
        }
    }

    /// <summary>Reads each part's header, and writes the first one's.</summary>
    private static void CopyHeader(PartCursor[] cursors, AppendedFile output)
    {
        foreach (PartCursor cursor in cursors) cursor.ReadHeader();
        output.Buffer.Write(cursors[0].Record);
    }

    private static long Merge(PartCursor[] cursors, AppendedFile output, CancellationToken cancellationToken)
    {
        var next = new PriorityQueue<PartCursor, long>();
        foreach (PartCursor cursor in cursors.Where(cursor => cursor.TryRead())) next.Enqueue(cursor, cursor.Position);
        long count = 0;
        for (; next.TryDequeue(out PartCursor? cursor, out _); count++)
        {
            output.Buffer.Write(cursor.Record);
            if (cursor.TryRead()) next.Enqueue(cursor, cursor.Position);
            if (output.WrittenLength - output.Length <= LargestBuffer) continue;
            output.Flush();
            cancellationToken.ThrowIfCancellationRequested();
        }

        output.FlushToDisk();
        return count;
    }

    /// <summary>The failure to write, with what to do about it.</summary>
    private static ScoringOutputException Failed(string output, string reason, Exception? cause) =>
        new(output, reason, "nothing was made; put this right and merge again", cause);

    private static ScoringRefusedException Refused(string reason) => new(ScoringRefusal.PartsDisagree, $"Cannot merge: {reason}.");
}
