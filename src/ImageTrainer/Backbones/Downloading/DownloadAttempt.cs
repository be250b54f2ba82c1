using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// The attempts at one file, one after the other: request (the rest, where a part with an entity tag is there: RFC 9110, sections 13.1.5
/// and 14.2), receive, check, move.
/// </summary>
internal sealed class DownloadAttempt(
    HttpClient client, DownloadPolicy policy, TimeProvider timeProvider, DownloadRequest request, IProgress<DownloadProgress>? progress)
{
    /// <summary>More than any backbone has; a server that goes on and on must not fill the disk.</summary>
    private const long MaxByteCount = 4L << 30;

    private readonly PartialFile _part = new(request.TargetPath);
    private bool _answered;

    /// <summary>Bytes of the part.</summary>
    public long ReceivedByteCount => _part.Length;

    /// <summary>Whether the request allows another attempt: with a budget for the answer, only after there was one.</summary>
    public bool MayRepeat => request.AnswerBudget is null || _answered;

    /// <summary>Moves a part that is whole, as a process killed at the very end leaves it, to its place.</summary>
    /// <returns>SHA-256 of the finished file; null where there is no such part.</returns>
    public string? FinishWholePart()
    {
        if (_part.Length == 0) return null;
        string digest = FileDigest.Sha256(_part.Path);
        if (!FileDigest.Matches(digest, request.Sha256)) return null;
        _part.Complete();
        return digest;
    }

    /// <summary>Makes one attempt.</summary>
    /// <returns>SHA-256 of the finished file.</returns>
    public async Task<string> RunAsync(Watchdog watchdog, CancellationToken cancellationToken)
    {
        try
        {
            string? tag = _part.ResumeTag();
            using HttpResponseMessage response = await SendAsync(tag, watchdog).ConfigureAwait(false);
            bool resumed = Accept(response);
            await ReceiveAsync(response, watchdog).ConfigureAwait(false);
            return Finish(resumed);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadException(SilenceMessage(watchdog.Allowed), isTransient: true, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string? tag, Watchdog watchdog)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, request.Address);
        if (tag is not null && EntityTagHeaderValue.TryParse(tag, out EntityTagHeaderValue? parsed))
        {
            message.Headers.Range = new RangeHeaderValue(_part.Length, null);
            message.Headers.IfRange = new RangeConditionHeaderValue(parsed);
        }
        try
        {
            // WaitAsync: a name look-up that hangs in the operating system must not hold the caller.
            return await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, watchdog.Token)
                .WaitAsync(watchdog.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new DownloadException($"{request.Address.Host} cannot be reached: {e.GetBaseException().Message}", isTransient: true, e);
        }
    }

    /// <summary>Prepares the part for the body that follows; true where the body continues it.</summary>
    private bool Accept(HttpResponseMessage response)
    {
        bool lacksRange = response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;
        _answered |= lacksRange || response.IsSuccessStatusCode;
        if (lacksRange)
            throw Discarding($"{request.Address.Host} no longer has the part that was begun");
        if (!response.IsSuccessStatusCode)
            throw new DownloadException(
                $"{request.Address.Host} answered {(int)response.StatusCode} ({response.ReasonPhrase})", IsTransient(response.StatusCode));
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (response.Content.Headers.ContentRange?.From != _part.Length)
                throw Discarding($"{request.Address.Host} sent another part than was asked for");
            return true;
        }
        _part.Begin(response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null);
        return false;
    }

    private async Task ReceiveAsync(HttpResponseMessage response, Watchdog watchdog)
    {
        HttpContentHeaders headers = response.Content.Headers;
        long start = _part.Length;
        long? total = headers.ContentRange?.Length ?? (headers.ContentLength is { } length ? start + length : null);
        watchdog.Allow(policy.StallTimeout);
        var meter = new ProgressMeter(progress, request.FileName, start, total, timeProvider);
        long received = await CopyBodyAsync(response, start, meter, watchdog).ConfigureAwait(false);
        meter.Report(received);
        if (received > MaxByteCount)
            throw Discarding($"{request.Address.Host} sent more than {MaxByteCount} bytes", isTransient: false);
        if (total is not null && received != total)
            throw new DownloadException(BrokenMessage(received, total), isTransient: true);
    }

    private async Task<long> CopyBodyAsync(HttpResponseMessage response, long start, ProgressMeter meter, Watchdog watchdog)
    {
        byte[] buffer = new byte[1 << 16];
        long received = start;
        FileStream file = _part.OpenAppend();
        await using (file.ConfigureAwait(false))
        {
            Stream body = await response.Content.ReadAsStreamAsync(watchdog.Token).ConfigureAwait(false);
            int count;
            while (received <= MaxByteCount && (count = await ReadAsync(body, buffer, received, watchdog.Token).ConfigureAwait(false)) > 0)
            {
                received += count;
                // Without the caller's token: bytes that have arrived are kept.
                await file.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None).ConfigureAwait(false);
                watchdog.Allow(policy.StallTimeout);
                meter.Advance(received);
            }
            file.Flush(flushToDisk: true);
        }
        return received;
    }

    private async Task<int> ReadAsync(Stream body, byte[] buffer, long received, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new DownloadException(BrokenMessage(received, null), isTransient: true, e);
        }
    }

    /// <summary>Checks the part and moves it to its place.</summary>
    private string Finish(bool resumed)
    {
        string digest = FileDigest.Sha256(_part.Path);
        if (!FileDigest.Matches(digest, request.Sha256))
        {
            string expected = request.Sha256.Length < 64 ? request.Sha256 + "..." : request.Sha256;
            throw Discarding($"what {request.Address.Host} sent has the SHA-256 {digest} and not {expected}", isTransient: resumed);
        }
        _part.Complete();
        return digest;
    }

    private DownloadException Discarding(string message, bool isTransient = true)
    {
        _part.Discard();
        return new DownloadException(message, isTransient);
    }

    private static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private string SilenceMessage(TimeSpan allowed)
    {
        string seconds = allowed.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
        return $"{request.Address.Host} {(_answered ? $"sent nothing for {seconds} s" : $"did not answer within {seconds} s")}";
    }

    private string BrokenMessage(long received, long? total) => total is null
        ? $"the connection to {request.Address.Host} broke after {received} bytes"
        : $"{request.Address.Host} sent {received} bytes of {total}";
}

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

/// <summary>
/// Cancels a wait that shows no sign of life. Every sign renews the time allowed with <see cref="Allow"/>; an expired watchdog stays
/// expired. For one attempt on one thread at a time.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    /// <summary>Starts watching.</summary>
    /// <param name="allowed">Time until the first sign of life.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">The caller's own cancellation, passed through <see cref="Token"/>.</param>
    public Watchdog(TimeSpan allowed, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _timer = new CancellationTokenSource(allowed, timeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
        Allowed = allowed;
    }

    /// <summary>Cancelled when the time is over or the caller cancels.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>The time allowed last, for messages.</summary>
    public TimeSpan Allowed { get; private set; }

    /// <summary>Gives another <paramref name="time"/> from now on.</summary>
    public void Allow(TimeSpan time)
    {
        Allowed = time;
        _timer.CancelAfter(time);
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
