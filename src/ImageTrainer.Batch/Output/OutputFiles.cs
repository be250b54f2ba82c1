using ImageTrainer.Files;

namespace ImageTrainer.Batch.Output;

/// <summary>Names the files of a job whose output is a file. Nothing is opened.</summary>
/// <param name="output">Path of the output.</param>
public sealed class OutputFiles(string output)
{
    /// <summary>First line of <see cref="Errors"/>.</summary>
    internal static ReadOnlySpan<byte> ErrorsHeader => "path,error\n"u8;

    /// <summary>Path of the finished output, which is there only once the job is finished.</summary>
    public string Final => output;

    /// <summary>Path of the output while it grows.</summary>
    public string Partial => output + ".partial";

    /// <summary>Path of the list of images that could not be scored, with the reasons.</summary>
    public string Errors => output + ".errors.csv";

    /// <summary>
    /// Path of the journal: what the job is and how far it is. Open and locked while the job runs; stays when it is finished.
    /// </summary>
    public string Journal => output + ".journal";

    /// <summary>The paths of all of them.</summary>
    public IReadOnlyList<string> All => [Final, Partial, Errors, Journal];

    /// <summary>What of them is there, for messages: "'x.partial' and 'x.journal'".</summary>
    internal string NamesOfThoseThere()
    {
        string[] names = [.. All.Where(File.Exists).Select(file => $"'{file}'")];
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }
}

/// <summary>Keeps files from being written over that no journal speaks for, or that are not what their journal says.</summary>
internal static class OutputGuard
{
    /// <summary>Refuses what no file can take the place of.</summary>
    /// <exception cref="ScoringRefusedException">The output is a folder, a device, a pipe or a socket.</exception>
    public static void RequirePlace(OutputFiles files)
    {
        if (Path.EndsInDirectorySeparator(files.Final) || Directory.Exists(files.Final))
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, $"'{files.Final}' is a folder; name a file, such as '{Path.Join(files.Final, "scores.csv")}'.");
        if ((FileKind.IsNameless(files.Final) ? "a pipe" : FileKind.FindSpecial(files.Final)) is { } kind)
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, $"'{files.Final}' is {kind}, and no file can take its place; name another output.");
    }

    /// <summary>Refuses to begin where a file that would be written holds something already.</summary>
    /// <param name="files">The files of the output.</param>
    /// <param name="journal">The journal, which names no job.</param>
    /// <param name="resume">Whether going on was asked for.</param>
    /// <exception cref="ScoringRefusedException">One does.</exception>
    public static void RequireFree(OutputFiles files, ReadOnlySpan<byte> journal, bool resume)
    {
        // A first line that is whole and not ours is someone else's; one cut short is that of a job killed at its very start.
        if (journal.Contains((byte)'\n'))
            throw NotAJob($"'{files.Journal}' is there and is no journal of such a job; name another output.");
        if (File.Exists(files.Final))
            throw resume
                ? NotAJob(
                    $"'{files.Final}' has no journal beside it that says how it was made, so there is nothing to resume; "
                        + "name another output.")
                : new ScoringRefusedException(
                    ScoringRefusal.OutputExists,
                    $"'{files.Final}' is there already and is not written over; delete it, or name another output.");
        foreach (string file in (string[])[files.Partial, files.Errors])
        {
            if (LengthOf(file) is > 0 && !(file == files.Errors && IsHeaderAlone(file)))
                throw NotAJob(
                    $"'{file}' is there without a journal that says whose it is, and is not written over: put '{files.Journal}' back where "
                    + "that was lost, move the file away, or name another output.");
        }
    }

    /// <summary>Refuses an output that is there although its job has not ended.</summary>
    /// <exception cref="ScoringRefusedException">It is.</exception>
    public static void RequireUnfinished(OutputFiles files)
    {
        if (File.Exists(files.Final))
        {
            throw NotAJob(
                $"'{files.Final}' is there, and its job has not made it yet: it is someone else's. Move it away and go on with --resume.");
        }
    }

    /// <summary>Refuses the output of a finished job that is no longer what the job wrote.</summary>
    /// <exception cref="ScoringRefusedException">
    /// It or its errors file is missing or of another length, or the output is another's.
    /// </exception>
    public static void RequireWhole(OutputFiles files, JournalEntry last)
    {
        bool isRenamed = !File.Exists(files.Partial);
        if (!isRenamed) RequireUnfinished(files);
        RequireLength(isRenamed ? files.Final : files.Partial, last.OutputLength, files);
        if (last.Progress.ErrorCount > 0) RequireLength(files.Errors, last.ErrorsLength, files);
    }

    /// <summary>Bytes of a file; null where there is none.</summary>
    public static long? LengthOf(string file) => new FileInfo(file) is { Exists: true } info ? info.Length : null;

    // As every job begins it.
    private static bool IsHeaderAlone(string errors) =>
        LengthOf(errors) == OutputFiles.ErrorsHeader.Length && File.ReadAllBytes(errors).AsSpan().SequenceEqual(OutputFiles.ErrorsHeader);

    private static void RequireLength(string file, long length, OutputFiles files)
    {
        if (LengthOf(file) == length) return;
        string what = File.Exists(file) ? "has another length than its finished job gave it" : "is missing, and its job is finished";
        throw NotAJob($"'{file}' {what}; put it back, or delete {files.NamesOfThoseThere()} to score again.");
    }

    private static ScoringRefusedException NotAJob(string message) => new(ScoringRefusal.NotAJob, message);
}
