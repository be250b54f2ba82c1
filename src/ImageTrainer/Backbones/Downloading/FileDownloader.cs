using System.Globalization;

namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// Downloads a file so that it is either whole and of the right checksum, or not there: into a part that later attempts and later
/// processes continue, then checked, then moved. Safe for concurrent callers, in this process and others.
/// </summary>
internal sealed class FileDownloader(HttpClient client, DownloadPolicy policy, TimeProvider timeProvider)
{
    /// <summary>Downloads one file, unless another process has just done so.</summary>
    /// <returns>SHA-256 of the file: 64 lower-case hex digits.</returns>
    /// <exception cref="DownloadException">It cannot be had; the message says why. What has arrived stays for the next time.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled. What has arrived stays for the next time.</exception>
    public async Task<string> DownloadAsync(
        DownloadRequest request, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(request.TargetPath)!);
            return await DownloadLockedAsync(request, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw NotWritten($"{request.TargetPath} cannot be written", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritten($"{request.TargetPath} may not be written", e);
        }
    }

    private static DownloadException NotWritten(string fault, Exception cause) =>
        new($"{fault}: {cause.Message.TrimEnd('.')}", isTransient: false, cause) { IsOfTarget = true };

    private async Task<string> DownloadLockedAsync(
        DownloadRequest request, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        TimeSpan patience = request.AnswerBudget ?? policy.StallTimeout;
        using var watchdog = new Watchdog(patience, timeProvider, cancellationToken);
        using DownloadLock turn = await WaitForTurnAsync(request, patience, watchdog, cancellationToken).ConfigureAwait(false);
        if (FinishedByAnother(request) is { } digest)
            return digest;
        var attempt = new DownloadAttempt(client, policy, timeProvider, request, progress);
        if (attempt.FinishWholePart() is { } whole)
            return whole;
        if (request.AnswerBudget is null)
            watchdog.Allow(policy.ConnectTimeout);
        return await RetryAsync(attempt, watchdog, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DownloadLock> WaitForTurnAsync(
        DownloadRequest request, TimeSpan patience, Watchdog watchdog, CancellationToken cancellationToken)
    {
        try
        {
            return await DownloadLock.AcquireAsync(request.TargetPath, patience, watchdog, timeProvider).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            string seconds = patience.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
            throw new DownloadException(
                $"another process holds {request.TargetPath}.lock and has received nothing for {seconds} s", isTransient: false, e);
        }
    }

    private static string? FinishedByAnother(DownloadRequest request)
    {
        if (!File.Exists(request.TargetPath))
            return null;
        string digest = FileDigest.Sha256(request.TargetPath);
        return FileDigest.Matches(digest, request.Sha256) ? digest : null;
    }

    /// <summary>Attempts until one succeeds, or too many in a row bring nothing new.</summary>
    private async Task<string> RetryAsync(DownloadAttempt attempt, Watchdog first, CancellationToken cancellationToken)
    {
        long most = attempt.ReceivedByteCount;
        int fruitless = 0;
        Watchdog watchdog = first;
        while (true)
        {
            try
            {
                return await attempt.RunAsync(watchdog, cancellationToken).ConfigureAwait(false);
            }
            catch (DownloadException e) when (e.IsTransient && attempt.MayRepeat && fruitless < policy.RetryCount)
            {
                // An attempt that got further than any before is a step ahead, however many it takes on a bad line.
                fruitless = attempt.ReceivedByteCount > most ? 0 : fruitless + 1;
                most = Math.Max(most, attempt.ReceivedByteCount);
            }
            finally
            {
                if (watchdog != first)
                    watchdog.Dispose();
            }
            await Task.Delay(policy.DelayBefore(Math.Max(0, fruitless - 1)), timeProvider, cancellationToken).ConfigureAwait(false);
            watchdog = new Watchdog(policy.ConnectTimeout, timeProvider, cancellationToken);
        }
    }
}

/// <summary>One file to download.</summary>
/// <param name="Address">Where it is published.</param>
/// <param name="TargetPath">Full path under which it is to be found afterwards; its folder is created.</param>
/// <param name="Sha256">All or the first digits of its SHA-256 in lower-case hex.</param>
/// <param name="AnswerBudget">
/// Time until the server must have begun to answer, waiting for other processes included; then nothing is tried twice
/// before an answer has come. Null: the policy's time-outs and retries hold from the start.
/// </param>
internal sealed record DownloadRequest(Uri Address, string TargetPath, string Sha256, TimeSpan? AnswerBudget = null)
{
    /// <summary>Name of the file, without folders.</summary>
    public string FileName => Path.GetFileName(TargetPath);
}

/// <summary>How patient a <see cref="FileDownloader"/> is.</summary>
/// <param name="ConnectTimeout">
/// Time per attempt until the server must have begun to answer: names, connecting and redirects included.
/// </param>
/// <param name="StallTimeout">Time without a single byte after which an attempt is given up.</param>
/// <param name="RetryCount">Further attempts in a row that may end without a byte gained.</param>
/// <param name="RetryDelay">Pause before the first of them; doubled before each further one, up to 32 times.</param>
internal sealed record DownloadPolicy(TimeSpan ConnectTimeout, TimeSpan StallTimeout, int RetryCount, TimeSpan RetryDelay)
{
    /// <summary>Pause before retry number <paramref name="retry"/>, counted from 0.</summary>
    public TimeSpan DelayBefore(int retry) => RetryDelay * Math.Pow(2, Math.Min(retry, 5));
}

/// <summary>How far one download is.</summary>
/// <param name="FileName">Name of the file being downloaded, without folders.</param>
/// <param name="ReceivedByteCount">Bytes on disk so far, those of earlier, resumed attempts included.</param>
/// <param name="TotalByteCount">Bytes the whole file has by the server's word, or null where it does not say.</param>
/// <param name="BytesPerSecond">Bytes per second, averaged over this attempt; 0 at its start.</param>
public readonly record struct DownloadProgress(string FileName, long ReceivedByteCount, long? TotalByteCount, double BytesPerSecond);

/// <summary>
/// One attempt to download a file failed. Stays inside the assembly: <see cref="BackboneStore"/> turns it into a
/// <see cref="BackboneException"/> that also says which file to put where.
/// </summary>
internal sealed class DownloadException : ImageTrainerException
{
    /// <summary>Describes the failure.</summary>
    /// <param name="message">A clause without a full stop: "example.org answered 404 (Not Found)".</param>
    /// <param name="isTransient">Whether another attempt may succeed.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public DownloadException(string message, bool isTransient, Exception? innerException = null)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Whether another attempt may succeed.</summary>
    public bool IsTransient { get; }

    /// <summary>Whether the place that the file was to go to is at fault, and not the network.</summary>
    public bool IsOfTarget { get; init; }
}
