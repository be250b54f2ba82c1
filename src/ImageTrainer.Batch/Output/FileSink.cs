using System.Buffers;
using System.Text;
using ImageTrainer.Csv;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Rows in a file. They grow in <c>x.partial</c>; a commit makes output and errors last and only then adds a line to <c>x.journal</c>,
/// so that a journal never promises what is not there. Opening again cuts both files to what the last line says. The finished file is
/// renamed to <c>x</c>. The open journal is the lock.
/// </summary>
internal sealed class FileSink : IScoreSink
{
    /// <summary>Bytes held back before they are written. What one commit holds in memory, however wide its rows are.</summary>
    private const int LargestBuffer = 1 << 20;

    private readonly OutputFiles _files;
    private readonly RowFormat _format;
    private readonly StringBuilder _errorLine = new();
    private AppendedFile? _journal;
    private AppendedFile? _output;
    private AppendedFile? _errors;
    private IRowWriter? _writer;

    /// <summary>Of a share: where its rows since the last commit stand in the whole input; null of the whole.</summary>
    private PositionSteps? _steps;

    /// <summary>The same of the rows of the errors file.</summary>
    private PositionSteps? _errorSteps;

    /// <summary>The last commit.</summary>
    private JournalEntry _last = JournalEntry.None;

    /// <summary>Prepares; nothing is opened yet.</summary>
    /// <param name="path">Path of the finished output.</param>
    /// <param name="format">How rows are written.</param>
    public FileSink(string path, RowFormat format) => (_files, _format) = (new OutputFiles(path), format);

    /// <inheritdoc/>
    public string Format => _format.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public JobProgress Open(JobIdentity identity, RowLayout layout, bool mayResume)
    {
        _writer = _format == RowFormat.Csv ? new CsvRowWriter(layout) : new JsonRowWriter(layout);
        _journal = OutputLock.Take(_files, mayResume);
        byte[] journal = _journal.ReadAll();
        JournalContent content = Journal.Read(journal);
        if (content.Identity is null) OutputGuard.RequireFree(_files, journal, mayResume);
        if (content.Identity is null) Begin(identity);
        else Continue(content, identity, mayResume);
        if (identity.ShardCount > 1) StartSteps([.. Journal.Entries(journal)]);
        _last = content.Last;
        return _last.Progress;
    }

    /// <inheritdoc/>
    public void Write(in ScoredRow row)
    {
        _writer!.WriteRow(row, _output!.Buffer);
        _steps?.Add(row.Position);
        if (row.Error is { } error) WriteError(row, error.Reason);
        if (_output.WrittenLength - _output.Length > LargestBuffer) _output.Flush();
    }

    /// <inheritdoc/>
    public void Commit(JobProgress progress)
    {
        // The order matters: what the journal says must be there before it says so.
        _output!.FlushToDisk();
        _errors!.FlushToDisk();
        _last = new JournalEntry(progress, _output.Length, _errors.Length, _steps?.Take(), _errorSteps?.Take());
        Journal.Append(_journal!, _last);
    }

    /// <inheritdoc/>
    public void Finish()
    {
        try
        {
            _output?.Dispose();
            _errors?.Dispose();
            if (File.Exists(_files.Partial)) File.Move(_files.Partial, _files.Final);
            // One of another length came later, and is someone else's.
            if (_last.Progress.ErrorCount == 0 && OutputGuard.LengthOf(_files.Errors) == _last.ErrorsLength) File.Delete(_files.Errors);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScoringOutputException(_files.Final, exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output?.Dispose();
        _errors?.Dispose();
        _journal?.Dispose();
    }

    /// <summary>Begins a job: what it is goes into the journal before the first row.</summary>
    private void Begin(JobIdentity identity)
    {
        _journal!.Truncate(0);
        Journal.Begin(_journal, identity);
        OpenRows(JournalEntry.None);
    }

    /// <summary>Goes on at the last commit.</summary>
    /// <param name="content">What the journal says.</param>
    /// <param name="identity">What the job is now.</param>
    /// <param name="resume">Whether going on is wanted.</param>
    /// <exception cref="ScoringRefusedException">It is not, or what is there is another job's, a merge's, or not whole.</exception>
    private void Continue(JournalContent content, JobIdentity identity, bool resume)
    {
        bool isFinished = content.Last.Progress.IsFinished;
        if (content.Identity!.IsMerge && !isFinished)
            throw new ScoringRefusedException(
                ScoringRefusal.NotAJob,
                $"A merge into '{_files.Final}' was begun and has not ended; run `score merge` again, or name another output.");
        if (isFinished && !File.Exists(_files.Partial) && !File.Exists(_files.Final))
            throw new ScoringRefusedException(
                ScoringRefusal.NotAJob,
                $"This job is finished and '{_files.Final}' is gone; delete {_files.NamesOfThoseThere()} to score again.");
        if (!resume)
            throw new ScoringRefusedException(
                ScoringRefusal.OutputExists,
                $"A job for '{_files.Final}' was begun; go on with --resume, or delete {_files.NamesOfThoseThere()}.");
        IReadOnlyList<string> differences = identity.DifferencesTo(content.Identity);
        if (differences.Count > 0)
            throw new ScoringRefusedException(
                ScoringRefusal.Different,
                $"'{_files.Final}' was begun as another job: {string.Join("; ", differences)}. "
                    + "Resume it as it was, or name another --output.");
        if (isFinished) OutputGuard.RequireWhole(_files, content.Last);
        else OutputGuard.RequireUnfinished(_files);
        _journal!.Truncate(content.Length);
        if (!isFinished) OpenRows(content.Last);
    }

    /// <summary>Opens output and errors and cuts both to what the last commit says; new ones get their headers.</summary>
    private void OpenRows(JournalEntry last)
    {
        _output = OutputPlace.Open(_files.Partial);
        _errors = OutputPlace.Open(_files.Errors);
        _output.Truncate(last.OutputLength);
        _errors.Truncate(last.ErrorsLength);
        if (last.OutputLength == 0) _writer!.WriteHeader(_output.Buffer);
        if (last.ErrorsLength == 0) _errors.Buffer.Write(OutputFiles.ErrorsHeader);
    }

    /// <summary>Goes on counting places where the journal left off.</summary>
    private void StartSteps(JournalEntry[] entries)
    {
        _steps = new PositionSteps(PositionSteps.Read(entries.Select(entry => entry.PositionSteps)).LastOrDefault(-1));
        _errorSteps = new PositionSteps(PositionSteps.Read(entries.Select(entry => entry.ErrorPositionSteps)).LastOrDefault(-1));
    }

    /// <summary>Writes the path and the reason of an image without scores into the errors file.</summary>
    private void WriteError(in ScoredRow row, string reason)
    {
        _errorLine.AppendField(row.Image.Path);
        _errorLine.Append(',');
        _errorLine.AppendField(reason);
        _errorLine.WriteLine(_errors!.Buffer);
        _errorSteps?.Add(row.Position);
    }
}
