namespace ImageTrainer.Backbones.Downloading;

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
