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
