using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Pipeline;

namespace ImageTrainer.Batch;

/// <summary>
/// The state of one job under way: what is listed, what is written, what is committed. The lister and the writer are two threads.
/// </summary>
internal sealed class ScoringJob
{
    /// <summary>The longest time that timers take.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);
    private readonly ScoringInput _input;
    private readonly IScoreSink _sink;
    private readonly InputSurvey? _survey;
    private readonly JobProgress _begun;
    private readonly TimeProvider _clock;
    private readonly Queue<(long NextPosition, string Fingerprint)> _prefixes = new();
    private long _lastCommit;
    private long _nextPosition;
    private long _committedRowCount;
    private string? _prefix;
    private long? _changedImageCount;

    /// <summary>Takes up a job where it stands.</summary>
    public ScoringJob(
        ScoringInput input, IScoreSink sink, ScoringOptions options, InputSurvey? survey, JobProgress begun, TimeProvider clock)
    {
        (_input, _sink, Options, _survey, _begun, _clock) = (input, sink, options, survey, begun, clock);
        (RowCount, ErrorCount, _committedRowCount) = (begun.RowCount, begun.ErrorCount, begun.RowCount);
        (_nextPosition, _prefix, _changedImageCount) = (begun.NextPosition, begun.InputPrefixSha256, begun.ChangedImageCount);
        _lastCommit = clock.GetTimestamp();
    }

    /// <summary>How it is scored.</summary>
    public ScoringOptions Options { get; }

    /// <summary>Rows so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Those of images that could not be scored.</summary>
    public long ErrorCount { get; private set; }

    /// <summary>Whether fewer or more images were listed than there were when the job began.</summary>
    public bool HasInputChanged => _changedImageCount is not null;

    /// <summary>What the user should know besides, or null.</summary>
    public string? Notice => string.Join(' ', _input.Notices.Concat(ChangeNotice())) is { Length: > 0 } notice ? notice : null;

    /// <summary>The images of the share that are not written yet.</summary>
    /// <exception cref="ScoringRefusedException">
    /// The input does not begin with the images that are already written, or a stream goes on behind those of a finished job.
    /// </exception>
    public IEnumerable<PlacedImage> ListRest()
    {
        using var fingerprint = new InputFingerprint();
        long count = 0;
        foreach (PlacedImage image in _input.List())
        {
            if (image.Position == _begun.NextPosition) CheckPrefix(fingerprint.Current, count);
            fingerprint.Add(image.Image);
            count++;
            if (image.Position < _begun.NextPosition || !Options.Shard.Has(image.Image.Path)) continue;
            if (_begun.IsFinished) throw GoesOn();
            Remember(image.Position + 1, fingerprint.Current);
            yield return image;
        }

        // Without an image behind what is written nothing was compared yet.
        if (count <= _begun.NextPosition) CheckPrefix(fingerprint.Current, count);
        if (_survey is not null && fingerprint.Current != _survey.Fingerprint) _changedImageCount = count;
    }

    /// <summary>Stops the job where too many of its rows so far are of unreadable images, those of earlier runs included.</summary>
    /// <exception cref="TooManyErrorsException">They are.</exception>
    public void CheckErrors()
    {
        if (Options.MaxErrors is { } limit && limit.IsExceeded(ErrorCount, RowCount, _survey?.ShardImageCount))
            throw new TooManyErrorsException(ErrorCount, RowCount, limit);
    }

    /// <summary>Writes a batch, and commits where it is time to.</summary>
    /// <exception cref="TooManyErrorsException">Too many images are unreadable.</exception>
    public void Write(ScoringBatch batch, IProgress<ScoringProgress>? progress)
    {
        for (int slot = 0; slot < batch.Count; slot++)
        {
            ScoredRow row = batch.RowOf(slot);
            _sink.Write(row);
            if (row.Error is not null) ErrorCount++;
        }

        RowCount += batch.Count;
        _nextPosition = batch[batch.Count - 1].Position + 1;
        CheckErrors();
        if (IsTimeToCommit) Commit();
        progress?.Report(new ScoringProgress(RowCount, _survey?.ShardImageCount, ErrorCount, _begun.RowCount));
    }

    /// <summary>Commits where it is time to, and gives the longest time until it is again.</summary>
    public TimeSpan Rest()
    {
        if (RowCount == _committedRowCount) return Timeout.InfiniteTimeSpan;
        TimeSpan left = Options.CommitInterval - _clock.GetElapsedTime(_lastCommit);
        if (left > TimeSpan.Zero) return left < LongestRest ? left : LongestRest;
        Commit();
        return Timeout.InfiniteTimeSpan;
    }

    /// <summary>Commits what is written; does nothing where all is committed.</summary>
    public void Commit()
    {
        if (RowCount > _committedRowCount) Commit(isFinished: false);
    }

    /// <summary>Commits that the job is finished; does nothing where it was.</summary>
    public void Complete()
    {
        if (!_begun.IsFinished) Commit(isFinished: true);
    }

    /// <summary>Whether as many rows, or as much time, have come since the last commit as the options say.</summary>
    private bool IsTimeToCommit => RowCount - _committedRowCount >= Options.RowsPerCommit
        || _clock.GetElapsedTime(_lastCommit) >= Options.CommitInterval;

    /// <summary>Commits all rows that are written.</summary>
    private void Commit(bool isFinished)
    {
        TakePrefix();
        _sink.Commit(new JobProgress(_nextPosition, RowCount, ErrorCount, isFinished, _prefix, isFinished ? _changedImageCount : null));
        _committedRowCount = RowCount;
        _lastCommit = _clock.GetTimestamp();
    }

    /// <summary>Keeps the hash of all images up to one, until that one is written.</summary>
    private void Remember(long nextPosition, string fingerprint)
    {
        lock (_prefixes) _prefixes.Enqueue((nextPosition, fingerprint));
    }

    /// <summary>Takes the hash of all images up to the last that is written, which the next run is held against.</summary>
    private void TakePrefix()
    {
        lock (_prefixes)
        {
            while (_prefixes.TryPeek(out (long NextPosition, string Fingerprint) prefix) && prefix.NextPosition <= _nextPosition)
            {
                _prefix = prefix.Fingerprint;
                _prefixes.Dequeue();
            }
        }
    }

    /// <summary>Refuses to go on where the input does not begin as it did.</summary>
    /// <param name="fingerprint">Hash of the images up to where the last run stopped.</param>
    /// <param name="count">Their number, for jobs whose journal holds no hash.</param>
    private void CheckPrefix(string fingerprint, long count)
    {
        bool isSame = _begun.InputPrefixSha256 is { } begun ? fingerprint == begun : count == _begun.NextPosition;
        if (!isSame)
            throw new ScoringRefusedException(
                ScoringRefusal.Different,
                $"The input is another than before: the first {_begun.NextPosition} images were scored already and do not come again. "
                    + "Give the same, or name another output.");
    }

    /// <summary>The refusal of a stream that has more images than the finished job.</summary>
    private ScoringRefusedException GoesOn() => new(
        ScoringRefusal.Different,
        $"The input is another than before: the job is finished, and behind its {_begun.NextPosition} images more come. "
            + "Score those into another --output.");

    /// <summary>That files came or went while the job ran.</summary>
    private IEnumerable<string> ChangeNotice()
    {
        if (_changedImageCount is { } count)
            yield return $"The input changed while it was scored: {_survey?.ImageCount} images at first, {count} when they were listed.";
    }
}
