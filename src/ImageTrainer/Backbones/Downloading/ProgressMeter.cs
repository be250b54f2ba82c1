namespace ImageTrainer.Backbones.Downloading;

/// <summary>Reports one attempt's progress: at its start, at most ten times a second, and at its end.</summary>
internal sealed class ProgressMeter
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IProgress<DownloadProgress>? _progress;
    private readonly string _fileName;
    private readonly long? _total;
    private readonly long _start;
    private readonly TimeProvider _timeProvider;
    private readonly long _startedAt;
    private long _reportedAt;

    /// <summary>Begins an attempt and reports where it starts.</summary>
    /// <param name="progress">Who wants to know; null for nobody.</param>
    /// <param name="fileName">Name of the file.</param>
    /// <param name="start">Bytes already there, which do not count for the rate.</param>
    /// <param name="total">Bytes of the whole file, or null.</param>
    /// <param name="timeProvider">The clock.</param>
    public ProgressMeter(IProgress<DownloadProgress>? progress, string fileName, long start, long? total, TimeProvider timeProvider)
    {
        (_progress, _fileName, _start, _total, _timeProvider) = (progress, fileName, start, total, timeProvider);
        _startedAt = timeProvider.GetTimestamp();
        Report(start);
    }

    /// <summary>Reports, unless the last report is too fresh.</summary>
    /// <param name="received">Bytes on disk.</param>
    public void Advance(long received)
    {
        if (_timeProvider.GetElapsedTime(_reportedAt) >= Interval)
            Report(received);
    }

    /// <summary>Reports in any case.</summary>
    /// <param name="received">Bytes on disk.</param>
    public void Report(long received)
    {
        _reportedAt = _timeProvider.GetTimestamp();
        double seconds = _timeProvider.GetElapsedTime(_startedAt).TotalSeconds;
        double rate = received > _start && seconds > 0 ? (received - _start) / seconds : 0;
        _progress?.Report(new DownloadProgress(_fileName, received, _total, rate));
    }
}
