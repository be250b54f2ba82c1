using System.Buffers;
using System.Text;
using ImageTrainer.Batch.Pipeline;
using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Rows in a file. They grow in <c>x.partial</c>; a commit makes output and errors last and only then adds a line to <c>x.journal</c>, so that a
/// journal never promises what is not there. Opening again cuts both files to what the last line says. The finished file is renamed to <c>x</c>.
/// The open journal is the lock.
/// </summary>
internal sealed class FileSink : IScoreSink
{
    // What one commit holds in memory, however wide its rows are.
    private const int LargestBuffer = 1 << 20;

    private readonly OutputFiles _files;
    private readonly Func<JobIdentity, IRowWriter> _createWriter;
    private readonly StringBuilder _errorLine = new();
    private AppendedFile? _journal;
    private AppendedFile? _output;
    private AppendedFile? _errors;
    private IRowWriter? _writer;
    private PositionSteps? _steps;
    private PositionSteps? _errorSteps;
    private long _errorCount;

    /// <summary>Prepares; nothing is opened yet.</summary>
    /// <param name="path">Path of the finished output.</param>
    /// <param name="createWriter">Makes what puts the rows of a job into bytes.</param>
    public FileSink(string path, Func<JobIdentity, IRowWriter> createWriter) =>
        (_files, _createWriter) = (new OutputFiles(path), createWriter);

    /// <inheritdoc/>
    public JobProgress Open(JobIdentity identity, bool resume)
    {
        _writer = _createWriter(identity);
        RefuseForeignOutput(resume);
        _journal = OutputLock.Take(_files);
        byte[] journal = _journal.ReadAll();
        JournalContent content = Journal.Read(journal);
        // A first line that is whole and not ours is someone else's; one cut short is that of a job killed at its very start.
        if (content.Identity is null && journal.Contains((byte)'\n')) throw ForeignJournal();
        if (content.Identity is null) Begin(identity);
        else Continue(content, identity, resume);
        JobProgress progress = content.Last.Progress;
        if (identity.ShardCount > 1) StartSteps([.. Journal.Entries(journal)]);
        _errorCount = progress.ErrorCount;
        return progress;
    }

    /// <inheritdoc/>
    public void Write(in ScoredRow row)
    {
        _writer!.WriteRow(row, _output!.Buffer);
        _steps?.Add(row.Position);
        if (row.Fault is not null) WriteError(row);
        if (_output.WrittenLength - _output.Length > LargestBuffer) _output.Flush();
    }

    /// <inheritdoc/>
    public void Commit(JobProgress progress)
    {
        // The order matters: what the journal says must be there before it says so.
        _output!.FlushToDisk();
        _errors!.FlushToDisk();
        Journal.Append(_journal!, new JournalEntry(progress, _output.Length, _errors.Length, _steps?.Take(), _errorSteps?.Take()));
        _errorCount = progress.ErrorCount;
    }

    /// <inheritdoc/>
    public void Finish()
    {
        Attempt(_files.Final, () =>
        {
            _output?.Dispose();
            _errors?.Dispose();
            if (File.Exists(_files.Partial)) File.Move(_files.Partial, _files.Final, overwrite: true);
            if (_errorCount == 0) File.Delete(_files.Errors);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output?.Dispose();
        _errors?.Dispose();
        _journal?.Dispose();
    }

    private void RefuseForeignOutput(bool resume)
    {
        if (!File.Exists(_files.Final) || (resume && File.Exists(_files.Journal))) return;
        throw resume
            ? new ScoringRefusedException(
                ScoringRefusal.NotAJob, $"'{_files.Final}' has no journal beside it, so there is nothing to resume; name another --output.")
            : new ScoringRefusedException(
                ScoringRefusal.OutputExists, $"'{_files.Final}' is there already and is not written over; delete it, or name another --output.");
    }

    private void Begin(JobIdentity identity)
    {
        _journal!.Truncate(0);
        Journal.Begin(_journal, identity);
        OpenRows(JournalEntry.None);
    }

    private void Continue(JournalContent content, JobIdentity identity, bool resume)
    {
        bool isFinished = content.Last.Progress.IsFinished;
        if (isFinished && !File.Exists(_files.Partial) && !File.Exists(_files.Final))
            throw new ScoringRefusedException(
                ScoringRefusal.NotAJob, $"This job is finished and '{_files.Final}' is gone; delete '{_files.Journal}' to score again.");
        if (!resume)
            throw new ScoringRefusedException(
                ScoringRefusal.OutputExists,
                $"A job for '{_files.Final}' was begun; go on with --resume, or delete '{_files.Journal}' and '{_files.Partial}'.");
        IReadOnlyList<string> differences = identity.DifferencesTo(content.Identity!);
        if (differences.Count > 0)
            throw new ScoringRefusedException(
                ScoringRefusal.Different,
                $"'{_files.Final}' was begun as another job: {string.Join("; ", differences)}. Resume it as it was, or name another --output.");
        _journal!.Truncate(content.Length);
        if (!isFinished) OpenRows(content.Last);
    }

    private ScoringRefusedException ForeignJournal() => new(
        ScoringRefusal.NotAJob, $"'{_files.Journal}' is there and is no journal of such a job; name another --output.");

    private void OpenRows(JournalEntry last)
    {
        Attempt(_files.Partial, () => _output = AppendedFile.Open(_files.Partial));
        Attempt(_files.Errors, () => _errors = AppendedFile.Open(_files.Errors));
        _output!.Truncate(last.OutputLength);
        _errors!.Truncate(last.ErrorsLength);
        if (last.OutputLength == 0) _writer!.WriteHeader(_output.Buffer);
        if (last.ErrorsLength == 0) _errors.Buffer.Write(OutputFiles.ErrorsHeader);
    }

    private void StartSteps(JournalEntry[] entries)
    {
        _steps = new PositionSteps(PositionSteps.Read(entries.Select(entry => entry.PositionSteps)).LastOrDefault(-1));
        _errorSteps = new PositionSteps(PositionSteps.Read(entries.Select(entry => entry.ErrorPositionSteps)).LastOrDefault(-1));
    }

    private void WriteError(in ScoredRow row)
    {
        _errorLine.AppendField(row.Image.Path);
        _errorLine.Append(',');
        _errorLine.AppendField(row.Fault!);
        _errorLine.WriteLine(_errors!.Buffer);
        _errorSteps?.Add(row.Position);
    }

    private static void Attempt(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScoringOutputException(path, exception.Message, exception);
        }
    }
}
